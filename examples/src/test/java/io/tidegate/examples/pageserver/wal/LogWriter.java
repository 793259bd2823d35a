// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/** Writes a log by hand, for what a healthy server does not write on request. */
final class LogWriter {
  static final int SEGMENT = 1 << 20;
  static final WalLayout LAYOUT = new WalLayout(SEGMENT);
  static final Lsn START = new Lsn(SEGMENT);

  private static final short MAGIC = (short) 0xD118;
  private static final short CONTINUES = 1;
  private static final short LONG = 2;
  private static final short OVERWRITES = 8;

  private final Lsn start;
  private final WalLayout layout;
  private final ByteBuffer bytes = ByteBuffer.allocate(4 * SEGMENT).order(ByteOrder.LITTLE_ENDIAN);
  private Lsn previous = Lsn.INVALID;

  LogWriter() {
    this(START, LAYOUT);
  }

  /** Makes a writer of a log that begins with a segment. */
  LogWriter(Lsn start, WalLayout layout) {
    this.start = start;
    this.layout = layout;
  }

  /** {@return the position after what was written} */
  Lsn position() {
    return start.plus(bytes.position());
  }

  /** {@return the log so far} */
  ByteBuffer log() {
    return bytes.duplicate().flip();
  }

  /** Appends a record of an operation of a resource manager with this body, and returns its start. */
  Lsn append(int resourceManager, int info, byte[] body) {
    beginPageIfDue((short) 0, 0);
    Lsn start = position();
    byte[] record = record(resourceManager, info, body, WalRecord.HEADER_SIZE + body.length);
    write(record, record.length);
    bytes.position((bytes.position() + 7) & -8);
    previous = start;
    return start;
  }

  /** Appends the part of a record that fits on the page, and then the page that says it will not be continued. */
  Lsn abandon(byte[] body) {
    beginPageIfDue((short) 0, 0);
    Lsn start = position();
    byte[] record = record(10, 0, body, WalRecord.HEADER_SIZE + body.length);
    write(record, WalLayout.PAGE_SIZE - WalLayout.pageOffset(start));
    beginPageIfDue(OVERWRITES, 0);
    return start;
  }

  /** Appends a record whose header promises another length than it has. */
  void appendWithLength(int length, byte[] body) {
    beginPageIfDue((short) 0, 0);
    byte[] record = record(10, 0, body, length);
    write(record, record.length);
  }

  /** Appends a switch record and fills its segment with {@code filler}. */
  void switchSegment(byte filler) {
    append(0, 0x40, new byte[0]);
    while (bytes.position() % SEGMENT != 0) {
      bytes.put(filler);
    }
  }

  /** Appends a record without blocks, whose main data has this length, and returns its start. */
  Lsn appendPlain(int length) {
    ByteBuffer body = ByteBuffer.allocate(5 + length).order(ByteOrder.LITTLE_ENDIAN);
    body.put((byte) 254).putInt(length);
    return append(10, 0, body.array());
  }

  private byte[] record(int resourceManager, int info, byte[] body, int length) {
    ByteBuffer record = ByteBuffer.allocate(WalRecord.HEADER_SIZE + body.length).order(ByteOrder.LITTLE_ENDIAN);
    record.putInt(length).putInt(1).putLong(previous.value()).put((byte) info).put((byte) resourceManager);
    record.put(WalRecord.HEADER_SIZE, body);
    CRC32C crc = new CRC32C();
    crc.update(body, 0, body.length);
    crc.update(record.array(), 0, WalRecord.CRC_OFFSET);
    record.putInt(WalRecord.CRC_OFFSET, (int) crc.getValue());
    return record.array();
  }

  private void write(byte[] record, int length) {
    int written = 0;
    while (written < length) {
      beginPageIfDue(CONTINUES, length - written);
      int room = WalLayout.PAGE_SIZE - WalLayout.pageOffset(position());
      int count = Math.min(room, length - written);
      bytes.put(record, written, count);
      written += count;
    }
  }

  private void beginPageIfDue(short flags, int remaining) {
    Lsn page = position();
    if (WalLayout.pageOffset(page) == 0) {
      boolean isLong = layout.headerSize(page) == WalLayout.LONG_HEADER;
      bytes.putShort(MAGIC).putShort((short) (isLong ? flags | LONG : flags)).putInt(1).putLong(page.value());
      bytes.putInt(remaining).putInt(0);
      if (isLong) {
        bytes.putLong(77).putInt(layout.segmentSize()).putInt(WalLayout.PAGE_SIZE);
      }
    }
  }
}
