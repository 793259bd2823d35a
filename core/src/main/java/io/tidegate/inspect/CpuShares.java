// SPDX-License-Identifier: Apache-2.0
package io.tidegate.inspect;

import io.tidegate.AttributeKey;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Who has used the CPU since a {@link CpuSampling} began; {@link #toString} prints it as tables.
 *
 * @param event the event of the JDK that the samples are
 * @param period the period that was asked for
 * @param lost how many samples the JDK has dropped, as far as it tells; they are in no row
 * @param kinds by the kind of the task, the largest first
 * @param attributes by the value of each attribute that was asked for, the largest first
 */
public record CpuShares(
    String event,
    Duration period,
    long lost,
    List<CpuShare> kinds,
    Map<AttributeKey<?>, List<CpuShare>> attributes) {
  /** Makes a result; the collections are copied. */
  public CpuShares {
    kinds = List.copyOf(kinds);
    Map<AttributeKey<?>, List<CpuShare>> copies = new LinkedHashMap<>();
    attributes.forEach((key, rows) -> copies.put(key, List.copyOf(rows)));
    attributes = Collections.unmodifiableMap(copies);
  }

  /** {@return how many samples there are in all} */
  public long samples() {
    return kinds.stream().mapToLong(CpuShare::samples).sum();
  }

  /**
   * {@return the rows of one attribute; none if it was not asked for}
   *
   * @param key the attribute's key
   */
  public List<CpuShare> of(AttributeKey<?> key) {
    return attributes.getOrDefault(key, List.of());
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append("%s every %d ms: %d samples, %d lost\n".formatted(event, period.toMillis(), samples(), lost));
    print(text, "kind", kinds);
    attributes.forEach((key, rows) -> print(text, key.name(), rows));
    return text.toString();
  }

  private static void print(StringBuilder text, String title, List<CpuShare> rows) {
    int width = rows.stream().mapToInt(row -> row.name().length()).reduce(title.length(), Math::max);
    text.append(("%-" + width + "s %9s %11s %7s\n").formatted(title, "samples", "CPU ms", "share"));
    for (CpuShare row : rows) {
      text.append(
          String.format(
              Locale.ROOT,
              "%-" + width + "s %9d %11d %5.1f %%\n",
              row.name(),
              row.samples(),
              row.cpuTime().toMillis(),
              100 * row.share()));
    }
  }
}
