// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import io.tidegate.CancellationToken;
import io.tidegate.examples.pageserver.walreceiver.WalSink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Records of a log written by hand, for tests of what takes records. */
public final class SampleRecords {
  /** Where the log of {@link #plain} begins. */
  public static final Lsn START = LogWriter.START;

  /** Where {@link #log} begins. */
  public static final Lsn LOG_START = new Lsn(WalLayout.DEFAULT.segmentSize());

  /** The relation that the pages of {@link #images} are of. */
  public static final RelTag TABLE = new RelTag(1663, 5, 16384, RelTag.MAIN);

  /** Where a page of {@link #images} has the number of its record, counted from 0, as a little-endian int. */
  public static final int NUMBER_AT = 20;

  /* RM_XLOG_ID and XLOG_FPI of PostgreSQL. */
  private static final int XLOG = 0;
  private static final int FULL_PAGE_IMAGE = 0xB0;

  private SampleRecords() {}

  /** {@return the bytes of a log in the default layout, with records without blocks from {@link #LOG_START} on} */
  public static ByteBuffer log(int count, int dataBytes) {
    LogWriter log = new LogWriter(LOG_START, WalLayout.DEFAULT);
    for (int i = 0; i < count; i++) {
      log.appendPlain(dataBytes);
    }
    return log.log();
  }

  /** {@return the bytes of a log as {@link #log} has, with an image of one of {@code pages} pages in each record} */
  public static ByteBuffer imageLog(int count, int pages) {
    LogWriter log = new LogWriter(LOG_START, WalLayout.DEFAULT);
    appendImages(log, count, pages);
    return log.log();
  }

  /** {@return records as {@link #plain}, each with an image of one page: pages 0, 1, ... {@code pages} - 1, 0, 1, ...} */
  public static List<WalRecord> images(int count, int pages) {
    LogWriter log = new LogWriter();
    appendImages(log, count, pages);
    return Decoding.feed(new WalDecoder(START, LogWriter.LAYOUT), log.log());
  }

  private static void appendImages(LogWriter log, int count, int pages) {
    for (int i = 0; i < count; i++) {
      log.append(XLOG, FULL_PAGE_IMAGE, image(page(i % pages), i));
    }
  }

  /** {@return a page of {@link #images}} */
  public static PageKey page(int number) {
    return TABLE.page(number);
  }

  /** {@return the body of a record with an image that has the number at byte {@link #NUMBER_AT}, and is mostly a hole} */
  private static byte[] image(PageKey key, int number) {
    ByteBuffer body = ByteBuffer.allocate(4 + 5 + 16 + 32).order(ByteOrder.LITTLE_ENDIAN);
    body.put((byte) 0).put((byte) 0x10).putShort((short) 0); // block 0, which has an image, and no data
    body.putShort((short) 32).putShort((short) 32).put((byte) 3); // 32 bytes, a hole behind them, to be applied
    body.putInt(key.tablespace()).putInt(key.database()).putInt(key.relation()).putInt(key.block());
    body.putInt(body.position() + NUMBER_AT, number);
    return body.array();
  }

  /** Has a timeline take records, one after the other. */
  public static void ingest(WalSink timeline, List<WalRecord> records) throws Exception {
    for (WalRecord each : records) {
      timeline.put(each, CancellationToken.none());
    }
  }

  /** {@return records without blocks that follow each other from {@link #START}'s page header on} */
  public static List<WalRecord> plain(int count, int dataBytes) {
    LogWriter log = new LogWriter();
    for (int i = 0; i < count; i++) {
      log.appendPlain(dataBytes);
    }
    return Decoding.feed(new WalDecoder(START, LogWriter.LAYOUT), log.log());
  }
}
