// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/** A log of one relation, written by hand: pages as a whole, and changes that only a replay could apply. */
public final class PageLog {
  private static final int XLOG = 0;
  private static final int FULL_PAGE = 0xB0;
  private static final int BTREE = 11;
  private static final int HAS_IMAGE = 0x10;
  private static final int HAS_HOLE = 0x01;
  private static final int APPLIED = 0x02;
  private static final int TABLESPACE = 1663;
  private static final int DATABASE = 5;
  private static final int RELATION = 16_384;
  /** From where to where the pages have zeros, which are left out. */
  private static final int LOWER = 400;
  private static final int UPPER = 4_000;

  private final LogWriter log = new LogWriter();

  /** {@return the key of a block} */
  public static PageKey key(int block) {
    return new PageKey(TABLESPACE, DATABASE, RELATION, (byte) 0, block);
  }

  /** {@return what of a page is the same however it was logged: all behind its header, which has LSN and checksum} */
  public static ByteBuffer body(ByteBuffer page) {
    return page.slice(24, WalLayout.PAGE_SIZE - 24);
  }

  /** {@return a page in which all that is used is one byte} */
  public static ByteBuffer page(int filler) {
    byte[] bytes = new byte[WalLayout.PAGE_SIZE];
    Arrays.fill(bytes, (byte) filler);
    Arrays.fill(bytes, LOWER, UPPER, (byte) 0);
    ByteBuffer page = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    return page.putShort(12, (short) LOWER).putShort(14, (short) UPPER);
  }

  /** Logs a page as a whole, as PostgreSQL does: without its zeros. */
  public PageLog image(int block, int filler) {
    int used = WalLayout.PAGE_SIZE - (UPPER - LOWER);
    ByteBuffer body = ByteBuffer.allocate(50 + used).order(ByteOrder.LITTLE_ENDIAN);
    body.put((byte) 0).put((byte) HAS_IMAGE).putShort((short) 0)
        .putShort((short) used).putShort((short) LOWER).put((byte) (APPLIED | HAS_HOLE));
    ByteBuffer page = page(filler);
    append(XLOG, FULL_PAGE, relation(body, block).put(page.slice(0, LOWER)).put(page.slice(UPPER, used - LOWER)));
    return this;
  }

  /** Logs a change of a page. */
  public PageLog change(int block) {
    append(BTREE, 0, relation(
        ByteBuffer.allocate(50).order(ByteOrder.LITTLE_ENDIAN).put((byte) 0).put((byte) 0).putShort((short) 0), block));
    return this;
  }

  /** {@return all records so far, from {@link SampleRecords#START} on} */
  public List<WalRecord> records() {
    return Decoding.feed(new WalDecoder(LogWriter.START, LogWriter.LAYOUT), log.log());
  }

  private static ByteBuffer relation(ByteBuffer body, int block) {
    return body.putInt(TABLESPACE).putInt(DATABASE).putInt(RELATION).putInt(block);
  }

  private void append(int resourceManager, int info, ByteBuffer body) {
    byte[] bytes = new byte[body.flip().remaining()];
    body.get(bytes);
    log.append(resourceManager, info, bytes);
  }
}
