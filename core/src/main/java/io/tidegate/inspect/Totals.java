// SPDX-License-Identifier: Apache-2.0
package io.tidegate.inspect;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Adds up samples, in one table for each label that a task has. Not safe for use by several threads. */
final class Totals {
  private static final String NO_TASK = "(no task)";
  private static final String UNKNOWN = "(unknown)";

  private final List<Map<String, Tally>> tables;

  Totals(int labels) {
    this.tables = Stream.generate(() -> (Map<String, Tally>) new HashMap<String, Tally>()).limit(labels).toList();
  }

  /** Adds a sample of a task with these labels, one a table; null if it belongs to no task. */
  void add(@Nullable List<String> labels, long cpuNanos) {
    for (int i = 0; i < tables.size(); i++) {
      add(i, labels == null ? NO_TASK : labels.get(i), cpuNanos);
    }
  }

  /** Adds a sample of a thread that the recording does not know. */
  void addUnknown(long cpuNanos) {
    for (int i = 0; i < tables.size(); i++) {
      add(i, UNKNOWN, cpuNanos);
    }
  }

  private void add(int table, String row, long cpuNanos) {
    tables.get(table).merge(row, new Tally(1, cpuNanos), Tally::plus);
  }

  /** {@return the rows of a table, the largest first} */
  List<CpuShare> table(int label) {
    Map<String, Tally> table = tables.get(label);
    long all = table.values().stream().mapToLong(Tally::cpuNanos).sum();
    List<CpuShare> rows = new ArrayList<>();
    table.forEach((name, tally) ->
        rows.add(new CpuShare(name, tally.samples, Duration.ofNanos(tally.cpuNanos), (double) tally.cpuNanos / all)));
    rows.sort(Comparator.comparing(CpuShare::cpuTime).reversed().thenComparing(CpuShare::name));
    return rows;
  }

  private record Tally(long samples, long cpuNanos) {
    Tally plus(Tally other) {
      return new Tally(samples + other.samples, cpuNanos + other.cpuNanos);
    }
  }
}
