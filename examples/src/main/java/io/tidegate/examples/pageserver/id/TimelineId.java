// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.id;

import java.util.random.RandomGenerator;

/**
 * The name of one timeline: of one line of history of a tenant's cluster.
 *
 * @param high the first 64 bits
 * @param low the last 64 bits
 */
public record TimelineId(long high, long low) implements Comparable<TimelineId> {
  /** {@return a new id that nobody can guess} */
  public static TimelineId random() {
    return random(HexDigits.RANDOM);
  }

  /** {@return an id made of the next 128 bits of {@code random}, for runs that can be repeated} */
  public static TimelineId random(RandomGenerator random) {
    return new TimelineId(random.nextLong(), random.nextLong());
  }

  /**
   * {@return the id that {@code text} writes as 32 hexadecimal digits of either case}
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  public static TimelineId parse(String text) {
    return new TimelineId(HexDigits.high("timeline id", text), HexDigits.low(text));
  }

  /** Orders as the text does. */
  @Override
  public int compareTo(TimelineId other) {
    int byHigh = Long.compareUnsigned(high, other.high);
    return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
  }

  /** {@return 32 lower-case hexadecimal digits} */
  @Override
  public String toString() {
    return HexDigits.format(high, low);
  }
}
