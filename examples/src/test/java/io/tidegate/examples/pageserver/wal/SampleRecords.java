// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import java.nio.ByteBuffer;
import java.util.List;

/** Records of a log written by hand, for tests of what takes records. */
public final class SampleRecords {
  /** Where the log of {@link #plain} begins. */
  public static final Lsn START = LogWriter.START;

  /** Where {@link #log} begins. */
  public static final Lsn LOG_START = new Lsn(WalLayout.DEFAULT.segmentSize());

  private SampleRecords() {}

  /** {@return the bytes of a log in the default layout, with records without blocks from {@link #LOG_START} on} */
  public static ByteBuffer log(int count, int dataBytes) {
    LogWriter log = new LogWriter(LOG_START, WalLayout.DEFAULT);
    for (int i = 0; i < count; i++) {
      log.appendPlain(dataBytes);
    }
    return log.log();
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
