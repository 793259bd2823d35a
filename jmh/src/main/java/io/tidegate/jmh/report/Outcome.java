// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh.report;

import java.util.List;
import java.util.Locale;

/**
 * What a comparison has come to.
 *
 * @param comparison what was compared
 * @param time one ratio of times for each round, sorted; empty if one of the two could not be run
 * @param cpu one ratio of CPU times for each round, sorted
 * @param bytes what ours allocates per operation, and what the peer does
 */
record Outcome(Comparison comparison, List<Double> time, List<Double> cpu, Bytes bytes) {
  /** Two medians. */
  record Bytes(double ours, double peer) {}

  Outcome {
    time = time.stream().sorted().toList();
    cpu = cpu.stream().sorted().toList();
  }

  boolean isKnown() {
    return !time.isEmpty();
  }

  double ratio() {
    return median(time);
  }

  boolean isReached() {
    return ratio() <= comparison.atMost();
  }

  String row() {
    return String.format(Locale.ROOT, "%-36s %-32s %8s %19s %8s %9s %9s  %6s %s",
        comparison.work(), comparison.against(),
        isKnown() ? number(ratio()) : "-",
        isKnown() ? number(time.getFirst()) + " - " + number(time.getLast()) : "",
        isKnown() ? number(median(cpu)) : "-",
        allocation(bytes.ours()), allocation(bytes.peer()),
        comparison.hasGoal() ? number(comparison.atMost()) : "", verdict()).stripTrailing();
  }

  private String verdict() {
    if (!isKnown()) {
      return "not run";
    }
    if (!comparison.hasGoal()) {
      return "";
    }
    return isReached() ? "reached" : "NOT REACHED";
  }

  static String header() {
    return String.format(Locale.ROOT, "%-36s %-32s %8s %19s %8s %9s %9s  %6s",
        "work", "against", "ratio", "least - most", "CPU", "bytes", "peer's", "goal");
  }

  private static String allocation(double bytes) {
    return Double.isNaN(bytes) ? "" : String.format(Locale.ROOT, "%.0f", bytes);
  }

  static String number(double ratio) {
    return String.format(Locale.ROOT, ratio < 0.1 ? "%.4f" : "%.2f", ratio);
  }

  /** Returns the median, of an even number the upper one of the two in the middle. */
  static double median(List<Double> sorted) {
    return sorted.get(sorted.size() / 2);
  }
}
