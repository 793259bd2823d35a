// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.time.Duration;
import java.util.List;

/**
 * How long ready threads have waited for a carrier, since the pool was made: how many of those that were timed waited
 * how long, in steps of powers of two.
 *
 * @param counts the number at index {@code i} is that of the waits of less than 2<sup>i</sup> ns that are in none
 *     before
 */
public record LatencyHistogram(List<Long> counts) {
  /** Copies the counts. */
  public LatencyHistogram {
    counts = List.copyOf(counts);
  }

  /** {@return how many waits were timed} */
  public long samples() {
    return counts.stream().mapToLong(Long::longValue).sum();
  }

  /**
   * {@return a time that at least this share of the timed waits was shorter than, at most twice what is needed; zero if
   * none was timed}
   *
   * @param share from 0 to 1: 0.99 for the 99th percentile
   * @throws IllegalArgumentException if the share is out of range
   */
  public Duration percentile(double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("A share is 0 to 1, not " + share);
    }
    long samples = samples();
    long needed = Math.max(1, (long) Math.ceil(samples * share));
    long below = 0;
    for (int i = 0; i < counts.size() && samples > 0; i++) {
      below += counts.get(i);
      if (below >= needed) {
        return Duration.ofNanos(1L << i);
      }
    }
    return Duration.ZERO;
  }

  @Override
  public String toString() {
    return "p50 < %s, p99 < %s, max < %s of %d"
        .formatted(micros(percentile(0.5)), micros(percentile(0.99)), micros(percentile(1)), samples());
  }

  private static String micros(Duration time) {
    return "%.1f µs".formatted(time.toNanos() / 1e3);
  }
}
