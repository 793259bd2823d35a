// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one record, put together from the pages that it lies on.
 *
 * <p>The checks are those of {@code ValidXLogRecordHeader} and {@code ValidXLogRecord} in PostgreSQL's
 * {@code src/backend/access/transam/xlogreader.c}. One object serves all records one after the other. Not thread-safe.
 */
final class RecordAssembler {
  /** Records beyond this are refused; PostgreSQL writes none above 1020 MiB. */
  static final int MAX_LENGTH = 1 << 30;

  /* A length that was not checked yet must not allocate much: the room grows with the bytes that really come. */
  private static final int FIRST_ROOM = 64 << 10;

  private final CRC32C crc = new CRC32C();
  private byte[] bytes = new byte[WalRecord.HEADER_SIZE];
  private int filled;
  /** The record's length; 0 while it is not known. */
  private int length;
  private Lsn start = Lsn.INVALID;
  /** The start of the record before; null before the first. */
  private @Nullable Lsn previous;

  /** {@return whether part of a record is here} */
  boolean isBegun() {
    return filled > 0;
  }

  /** {@return the bytes of the record that are here} */
  int filled() {
    return filled;
  }

  /** {@return the bytes of the record that are still to come, once {@link #take} has seen 4 of them} */
  int remaining() {
    return length - filled;
  }

  /** {@return the position of the record's first byte} */
  Lsn start() {
    return start;
  }

  /**
   * Takes bytes of the record, which come from one page.
   *
   * @param at the position of the first of these bytes
   * @return whether the record is complete and checked
   */
  boolean take(Lsn at, ByteBuffer page) {
    if (filled == 0) {
      start = at;
    }
    if (fill(page, Integer.BYTES) && length == 0) {
      readLength();
    }
    if (filled < WalRecord.HEADER_SIZE && fill(page, WalRecord.HEADER_SIZE)) {
      checkPrevious();
    }
    if (filled >= WalRecord.HEADER_SIZE && fill(page, length)) {
      checkCrc();
      return true;
    }
    return false;
  }

  /** {@return the bytes of the complete record, which the caller owns from now on} */
  byte[] finish() {
    byte[] complete = bytes;
    previous = start;
    abandon();
    return complete;
  }

  /** Forgets the record, as if it had never begun. */
  void abandon() {
    bytes = new byte[WalRecord.HEADER_SIZE];
    filled = 0;
    length = 0;
  }

  /** Fills up to a number of bytes as far as the page goes, and says whether that many are here. */
  private boolean fill(ByteBuffer page, int upTo) {
    int wanted = Math.min(upTo - filled, page.remaining());
    if (wanted > 0) {
      makeRoom(filled + wanted);
      page.get(bytes, filled, wanted);
      filled += wanted;
    }
    return filled >= upTo;
  }

  private void makeRoom(int needed) {
    if (needed > bytes.length) {
      long doubled = Math.max(2L * bytes.length, FIRST_ROOM);
      bytes = Arrays.copyOf(bytes, (int) Math.min(length, Math.max(needed, doubled)));
    }
  }

  private void readLength() {
    int found = header().getInt(WalRecord.LENGTH_OFFSET);
    if (found < WalRecord.HEADER_SIZE || found > MAX_LENGTH) {
      throw new WalFormatException(start, "record length " + Integer.toUnsignedString(found));
    }
    length = found;
  }

  private void checkPrevious() {
    Lsn found = new Lsn(header().getLong(WalRecord.PREVIOUS_OFFSET));
    if (previous == null ? !found.isBefore(start) : !found.equals(previous)) {
      throw new WalFormatException(start, "record says the one before is at " + found
          + (previous == null ? "" : " instead of " + previous));
    }
  }

  /** PostgreSQL sums what follows the header first, and the header up to the sum last. */
  private void checkCrc() {
    crc.reset();
    crc.update(bytes, WalRecord.HEADER_SIZE, length - WalRecord.HEADER_SIZE);
    crc.update(bytes, 0, WalRecord.CRC_OFFSET);
    if ((int) crc.getValue() != header().getInt(WalRecord.CRC_OFFSET)) {
      throw new WalFormatException(start, "record with a wrong checksum");
    }
  }

  private ByteBuffer header() {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
