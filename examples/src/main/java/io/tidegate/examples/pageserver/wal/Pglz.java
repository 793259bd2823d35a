// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

/** PostgreSQL's own compression: see {@code pglz_decompress} in its {@code src/common/pg_lzcompress.c}. */
final class Pglz {
  private static final int MIN_MATCH = 3;
  private static final int LONG_MATCH = 18;

  private Pglz() {}

  /**
   * Unpacks to the beginning of an array.
   *
   * @param room how many bytes there may be at most
   * @return how many there are
   * @throws IndexOutOfBoundsException if the bytes are not of that form, or unpack to more
   */
  static int decompress(byte[] from, byte[] to, int room) {
    int in = 0;
    int out = 0;
    while (in < from.length && out < room) {
      int control = from[in++];
      for (int item = 0; item < 8 && in < from.length && out < room; item++, control >>= 1) {
        if ((control & 1) == 0) {
          to[out++] = from[in++];
          continue;
        }
        int length = (from[in] & 0x0F) + MIN_MATCH;
        int offset = ((from[in] & 0xF0) << 4) | (from[in + 1] & 0xFF);
        in += 2;
        if (length == LONG_MATCH) {
          length += from[in++] & 0xFF;
        }
        repeat(to, out, offset, Math.min(length, room - out));
        out += Math.min(length, room - out);
      }
    }
    if (in != from.length) {
      throw new IndexOutOfBoundsException((from.length - in) + " bytes are left over");
    }
    return out;
  }

  /** Copies bytes from {@code offset} before; where they overlap, what was copied is copied again. */
  private static void repeat(byte[] bytes, int at, int offset, int length) {
    if (offset == 0 || offset > at) {
      throw new IndexOutOfBoundsException("a repetition of what was " + offset + " bytes before byte " + at);
    }
    for (int i = at; i < at + length; i++) {
      bytes[i] = bytes[i - offset];
    }
  }
}
