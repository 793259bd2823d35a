// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

/**
 * A log sequence number: a byte position in a PostgreSQL write-ahead log.
 *
 * @param value the position in bytes, an unsigned 64-bit number
 */
public record Lsn(long value) implements Comparable<Lsn> {
  /** The position before any log: no record has it. */
  public static final Lsn INVALID = new Lsn(0);

  /**
   * {@return the position that PostgreSQL writes as {@code text}, two hexadecimal halves like {@code 16/B374D848}}
   *
   * @throws IllegalArgumentException if the text is not of that form
   */
  public static Lsn parse(String text) {
    int slash = text.indexOf('/');
    try {
      long high = Long.parseLong(text, 0, Math.max(slash, 0), 16);
      long low = Long.parseLong(text, slash + 1, text.length(), 16);
      if ((high | low) >>> 32 == 0) {
        return new Lsn(high << 32 | low);
      }
    } catch (NumberFormatException malformed) {
      throw new IllegalArgumentException("not an LSN of the form 16/B374D848: \"" + text + "\"", malformed);
    }
    throw new IllegalArgumentException("an LSN has two halves of 32 bits: \"" + text + "\"");
  }

  /** {@return the position {@code bytes} further on} */
  public Lsn plus(long bytes) {
    return new Lsn(value + bytes);
  }

  /** {@return how many bytes this position is after {@code other}; negative if before} */
  public long minus(Lsn other) {
    return value - other.value;
  }

  /** {@return whether this position is before {@code other}} */
  public boolean isBefore(Lsn other) {
    return compareTo(other) < 0;
  }

  @Override
  public int compareTo(Lsn other) {
    return Long.compareUnsigned(value, other.value);
  }

  @Override
  public String toString() {
    return Long.toHexString(value >>> 32).toUpperCase(java.util.Locale.ROOT)
        + "/"
        + Long.toHexString(value & 0xFFFF_FFFFL).toUpperCase(java.util.Locale.ROOT);
  }
}
