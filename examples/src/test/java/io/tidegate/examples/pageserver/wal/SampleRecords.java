// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import java.util.List;

/** Records of a log written by hand, for tests of what takes records. */
public final class SampleRecords {
  /** Where the log of {@link #plain} begins. */
  public static final Lsn START = LogWriter.START;

  private SampleRecords() {}

  /** {@return records without blocks that follow each other from {@link #START}'s page header on} */
  public static List<WalRecord> plain(int count, int dataBytes) {
    LogWriter log = new LogWriter();
    for (int i = 0; i < count; i++) {
      log.appendPlain(dataBytes);
    }
    return Decoding.feed(new WalDecoder(START, LogWriter.LAYOUT), log.log());
  }
}
