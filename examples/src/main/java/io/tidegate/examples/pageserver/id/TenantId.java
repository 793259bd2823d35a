// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.id;

import java.util.random.RandomGenerator;

/**
 * The name of one tenant: of one customer's cluster with all its timelines.
 *
 * @param high the first 64 bits
 * @param low the last 64 bits
 */
public record TenantId(long high, long low) implements Comparable<TenantId> {
  /** {@return a new id that nobody can guess} */
  public static TenantId random() {
    return random(HexDigits.RANDOM);
  }

  /** {@return an id made of the next 128 bits of {@code random}, for runs that can be repeated} */
  public static TenantId random(RandomGenerator random) {
    return new TenantId(random.nextLong(), random.nextLong());
  }

  /**
   * {@return the id that {@code text} writes as 32 hexadecimal digits of either case}
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  public static TenantId parse(String text) {
    return new TenantId(HexDigits.high("tenant id", text), HexDigits.low(text));
  }

  /** Orders as the text does. */
  @Override
  public int compareTo(TenantId other) {
    int byHigh = Long.compareUnsigned(high, other.high);
    return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
  }

  /** {@return 32 lower-case hexadecimal digits} */
  @Override
  public String toString() {
    return HexDigits.format(high, low);
  }
}
