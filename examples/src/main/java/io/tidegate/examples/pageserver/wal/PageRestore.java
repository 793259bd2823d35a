// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import io.airlift.compress.MalformedInputException;
import io.airlift.compress.lz4.Lz4Decompressor;
import io.airlift.compress.zstd.ZstdDecompressor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Makes the page that a full-page image stands for.
 *
 * <p>See {@code RestoreBlockImage} in PostgreSQL's {@code src/backend/access/transam/xlogreader.c}, and {@code
 * XLogReadBufferForRedoExtended} in its {@code xlogutils.c}, which stamps the page.
 */
public final class PageRestore {
  private static final int PAGE_SIZE = WalLayout.PAGE_SIZE;
  private static final int CHECKSUM_OFFSET = 8;
  private static final int UPPER_OFFSET = 14;

  private PageRestore() {}

  /**
   * {@return the page as PostgreSQL writes it to disk after the replay of a record, 8 KiB from 0 on}
   *
   * <p>Unless the page is new, it has the record's end as its LSN, and the checksum that a cluster with data checksums
   * gives it; a cluster without them ignores it.
   *
   * @param record a record with a full-page image of the page
   * @param key the page
   * @throws WalFormatException if the image cannot be unpacked
   * @throws IllegalArgumentException if the record has no image of the page that replay applies
   */
  public static ByteBuffer page(WalRecord record, PageKey key) {
    for (BlockReference block : record.blocks()) {
      PageImage image = block.image();
      if (image != null && image.applied() && block.key().equals(key)) {
        ByteBuffer page = ByteBuffer.wrap(unpack(record, image)).order(ByteOrder.LITTLE_ENDIAN);
        stamp(page, record.end(), key.block());
        return page;
      }
    }
    throw new IllegalArgumentException(record + " has no image of " + key);
  }

  /** {@return the checksum that PostgreSQL gives a page, from 1 to 65535} */
  public static int checksum(ByteBuffer page, int block) {
    return PageChecksum.of(page, block, CHECKSUM_OFFSET);
  }

  private static void stamp(ByteBuffer page, Lsn lsn, int block) {
    if (page.getShort(UPPER_OFFSET) != 0) {
      page.putInt(0, (int) (lsn.value() >>> 32)).putInt(4, (int) lsn.value());
      page.putShort(CHECKSUM_OFFSET, (short) checksum(page, block));
    }
  }

  private static byte[] unpack(WalRecord record, PageImage image) {
    byte[] stored = new byte[image.length()];
    record.bytes().get(image.offset(), stored);
    byte[] page = new byte[PAGE_SIZE];
    int length = decompress(record, image, stored, page);
    if (length != PAGE_SIZE - image.holeLength()) {
      throw malformed(record, image, length + " bytes");
    }
    int afterHole = image.holeOffset() + image.holeLength();
    System.arraycopy(page, image.holeOffset(), page, afterHole, PAGE_SIZE - afterHole);
    Arrays.fill(page, image.holeOffset(), afterHole, (byte) 0);
    return page;
  }

  /** Puts the bytes of the page without the hole at the beginning of {@code page}, and says how many. */
  private static int decompress(WalRecord record, PageImage image, byte[] stored, byte[] page) {
    int room = PAGE_SIZE - image.holeLength();
    try {
      return switch (image.compression()) {
        case NONE -> copy(stored, page);
        case PGLZ -> Pglz.decompress(stored, page, room);
        case LZ4 -> new Lz4Decompressor().decompress(stored, 0, stored.length, page, 0, room);
        case ZSTD -> new ZstdDecompressor().decompress(stored, 0, stored.length, page, 0, room);
      };
    } catch (MalformedInputException | IndexOutOfBoundsException damaged) {
      throw malformed(record, image, String.valueOf(damaged.getMessage()));
    }
  }

  private static int copy(byte[] stored, byte[] page) {
    System.arraycopy(stored, 0, page, 0, stored.length);
    return stored.length;
  }

  private static WalFormatException malformed(WalRecord record, PageImage image, String what) {
    return new WalFormatException(record.start(), image + " cannot be unpacked: " + what);
  }
}
