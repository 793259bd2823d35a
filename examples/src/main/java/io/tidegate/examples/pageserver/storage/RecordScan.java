// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/** One pass over the records of a layer file, through a window of fixed size. */
final class RecordScan {
  private static final int WINDOW_BYTES = 1 << 18;
  private static final int CHECKED_BYTES = 12; // end LSN and length

  private final Path file;
  private final Disk.Input in;
  private final LayerHeader header;
  private final long dataEnd;
  private ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES).limit(0);
  private long windowOffset; // of the window's first byte in the file

  RecordScan(Path file, Disk.Input in, LayerHeader header) {
    this.file = file;
    this.in = in;
    this.header = header;
    this.dataEnd = LayerHeader.BYTES + header.dataBytes();
  }

  void run(Layer.Visitor visitor) throws IOException {
    Lsn first = header.name().startLsn();
    Lsn end = header.name().endLsn();
    boolean inOrder = header.name().level() != LayerLevel.IMAGE;
    Lsn last = first;
    long offset = LayerHeader.BYTES;
    for (long i = 0; i < header.recordCount(); i++) {
      int length = load(offset);
      Lsn endLsn = new Lsn(window.getLong((int) (offset - windowOffset)));
      if ((inOrder && !last.isBefore(endLsn)) || endLsn.isBefore(first) || end.isBefore(endLsn)) {
        throw new CorruptLayerException(file, offset, "a record after " + last + " and up to " + end, "" + endLsn);
      }
      int body = (int) (offset - windowOffset) + RecordLog.HEADER_BYTES;
      visitor.visit(endLsn, window.slice(body, length).asReadOnlyBuffer());
      offset += RecordLog.HEADER_BYTES + length;
      last = endLsn;
    }
    if (offset != dataEnd) {
      throw new CorruptLayerException(file, offset, "the last record to end at byte " + dataEnd, "byte " + offset);
    }
  }

  /** Checks a record of known length with its header; {@code record} is backed by an array from its index 0 on. */
  static void check(Path file, long offset, ByteBuffer record, int length) throws CorruptLayerException {
    if (record.getInt(8) != length) {
      throw new CorruptLayerException(file, offset + 8, "a record of " + length + " bytes", "" + record.getInt(8));
    }
    CRC32C crc = new CRC32C();
    crc.update(record.slice(0, CHECKED_BYTES));
    crc.update(record.slice(RecordLog.HEADER_BYTES, length));
    checkSum(file, offset, record.getInt(CHECKED_BYTES), crc);
  }

  /** Fills a buffer; a file that ends too early is a damaged one. */
  static void read(Path file, Disk.Input in, ByteBuffer target, long offset) throws IOException {
    if (offset < 0) {
      throw new CorruptLayerException(file, 0, "header and footer", "a file of " + in.size() + " bytes");
    }
    try {
      in.read(target, offset);
    } catch (EOFException tooShort) {
      CorruptLayerException corrupt = new CorruptLayerException(
          file, offset, target.limit() + " more bytes", "a file of " + in.size() + " bytes");
      corrupt.initCause(tooShort);
      throw corrupt;
    }
  }

  /** Brings the record at an offset into the window, checks it, and returns its length without the header. */
  private int load(long offset) throws IOException {
    need(offset, RecordLog.HEADER_BYTES);
    int length = window.getInt((int) (offset - windowOffset) + 8);
    long room = dataEnd - offset - RecordLog.HEADER_BYTES;
    if (length < 0 || length > room || length > OpenLayer.MAX_RECORD_BYTES) {
      throw new CorruptLayerException(file, offset + 8, "a record of at most " + room + " bytes", "" + length);
    }
    if (length > WINDOW_BYTES - RecordLog.HEADER_BYTES) {
      checkInPieces(offset, length);
    }
    need(offset, RecordLog.HEADER_BYTES + length);
    int start = (int) (offset - windowOffset);
    check(file, offset, window.slice(start, RecordLog.HEADER_BYTES + length), length);
    return length;
  }

  /* Memory for a record beyond the window is taken only after its length has proved right. */
  private void checkInPieces(long offset, int length) throws IOException {
    CRC32C crc = new CRC32C();
    ByteBuffer piece = ByteBuffer.allocate(WINDOW_BYTES);
    read(file, in, piece.limit(RecordLog.HEADER_BYTES), offset);
    int expected = piece.getInt(CHECKED_BYTES);
    crc.update(piece.slice(0, CHECKED_BYTES));
    for (int done = 0; done < length; ) {
      piece.clear().limit(Math.min(WINDOW_BYTES, length - done));
      read(file, in, piece, offset + RecordLog.HEADER_BYTES + done);
      done += piece.position();
      crc.update(piece.flip());
    }
    checkSum(file, offset, expected, crc);
  }

  private static void checkSum(Path file, long offset, int expected, CRC32C found) throws CorruptLayerException {
    if (expected != (int) found.getValue()) {
      throw new CorruptLayerException(
          file, offset, "a record with checksum " + Checksums.text(expected), Checksums.text((int) found.getValue()));
    }
  }

  /** Makes the window hold {@code count} bytes of data from an offset on. */
  private void need(long offset, int count) throws IOException {
    if (offset + count > dataEnd) {
      throw new CorruptLayerException(file, offset, "another record", "the end of the data at byte " + dataEnd);
    }
    if (windowOffset <= offset && offset + count <= windowOffset + window.limit()) {
      return;
    }
    if (window.capacity() != Math.max(count, WINDOW_BYTES)) {
      window = ByteBuffer.allocate(Math.max(count, WINDOW_BYTES));
    }
    window.clear().limit((int) Math.min(window.capacity(), dataEnd - offset));
    read(file, in, window, offset);
    windowOffset = offset;
  }
}
