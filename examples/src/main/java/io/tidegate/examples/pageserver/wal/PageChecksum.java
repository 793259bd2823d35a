// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The checksum of a page of a PostgreSQL cluster: see its {@code src/include/storage/checksum_impl.h}. */
final class PageChecksum {
  private static final int PRIME = 16777619;
  private static final int[] BASES = {
    0x5B1F36E9, 0xB8525960, 0x02AB50AA, 0x1DE66D2A, 0x79FF467A, 0x9BB9F8A3, 0x217E7CD2, 0x83E13D2C,
    0xF8D4474F, 0xE39EB970, 0x42C6AE16, 0x993216FA, 0x7B093B5D, 0x98DAFF3C, 0xF718902A, 0x0B1C9CDB,
    0xE58F764B, 0x187636BC, 0x5D7B3BB1, 0xE73DE7DE, 0x92BEC979, 0xCCA6C0B2, 0x304A0979, 0x85AA43D4,
    0x783125BB, 0x6CA8EAA2, 0xE407EAC6, 0x4B5CFC3E, 0x9FBF8C76, 0x15CA20BE, 0xF2CA9FD3, 0x959BD756,
  };

  private PageChecksum() {}

  /** {@return the checksum of a page whose own field, of 2 bytes at {@code field}, counts as 0} */
  static int of(ByteBuffer page, int block, int field) {
    ByteBuffer words = page.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    int[] sums = BASES.clone();
    for (int at = 0; at < WalLayout.PAGE_SIZE; at += BASES.length * Integer.BYTES) {
      for (int i = 0; i < sums.length; i++) {
        int position = at + i * Integer.BYTES;
        int word = words.getInt(position);
        sums[i] = mix(sums[i], position == field ? word & 0xFFFF0000 : word);
      }
    }
    int all = 0;
    for (int sum : sums) {
      all ^= mix(mix(sum, 0), 0);
    }
    return (int) (Integer.toUnsignedLong(all ^ block) % 65535) + 1;
  }

  private static int mix(int sum, int word) {
    int both = sum ^ word;
    return (both * PRIME) ^ (both >>> 17);
  }
}
