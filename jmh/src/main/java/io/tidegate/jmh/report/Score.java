// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh.report;

/**
 * What one fork has measured.
 *
 * @param time time per operation, in the benchmark's own unit
 * @param cpuNanos CPU time of the whole process per operation
 * @param bytes bytes allocated per operation
 */
record Score(double time, double cpuNanos, double bytes) {
  Score per(long operations) {
    return new Score(time / operations, cpuNanos / operations, bytes / operations);
  }
}
