// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh.report;

/**
 * Two benchmarks whose ratio is to be shown.
 *
 * @param work what is measured
 * @param ours the one
 * @param against what it is compared with
 * @param peer the other
 * @param atMost what the ratio is to be; infinite where there is no such goal
 */
record Comparison(String work, Subject ours, String against, Subject peer, double atMost) {
  Comparison(String work, Subject ours, String against, Subject peer) {
    this(work, ours, against, peer, Double.POSITIVE_INFINITY);
  }

  boolean hasGoal() {
    return !Double.isInfinite(atMost);
  }

  boolean isOfCarriers() {
    return ours.benchmark().startsWith("CarrierBenchmark.");
  }
}
