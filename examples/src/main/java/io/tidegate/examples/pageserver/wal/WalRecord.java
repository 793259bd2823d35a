// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * One complete, verified record of the write-ahead log.
 *
 * <p>Immutable. See {@code XLogRecord} in PostgreSQL's {@code src/include/access/xlogrecord.h}. Two records are equal
 * if they have the same place and the same bytes.
 */
public final class WalRecord {
  /** The bytes of a record's header. */
  public static final int HEADER_SIZE = 24;

  static final int LENGTH_OFFSET = 0;
  static final int PREVIOUS_OFFSET = 8;
  static final int CRC_OFFSET = 20;

  private static final int XID_OFFSET = 4;
  private static final int INFO_OFFSET = 16;
  static final int RESOURCE_MANAGER_OFFSET = 17;

  /* RM_XLOG_ID of src/include/access/rmgrlist.h and its operations of src/include/catalog/pg_control.h. */
  private static final int XLOG = 0;
  private static final int XLOG_SWITCH = 0x40;
  private static final int XLOG_OVERWRITE_CONTRECORD = 0xD0;
  private static final int OPERATION_MASK = 0xF0;

  private final Lsn start;
  private final Lsn end;
  private final ByteBuffer bytes;
  private final List<BlockReference> blocks;
  private final int mainDataLength;

  WalRecord(Lsn start, Lsn end, byte[] bytes, List<BlockReference> blocks, int mainDataLength) {
    this.start = start;
    this.end = end;
    this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    this.blocks = List.copyOf(blocks);
    this.mainDataLength = mainDataLength;
  }

  /**
   * {@return a record as it was stored: its bytes were checked before}
   *
   * @param end the position after it
   * @param stored the bytes from its position to its limit, which are copied
   * @throws WalFormatException if they are no record
   */
  public static WalRecord ofStored(Lsn end, ByteBuffer stored) {
    byte[] copy = new byte[stored.remaining()];
    stored.get(stored.position(), copy);
    if (copy.length < HEADER_SIZE) {
      throw new WalFormatException(end, "record of " + copy.length + " bytes");
    }
    return RecordParser.parse(end.plus(-copy.length), end, copy); // not before the true start, which is not stored
  }

  /** {@return the position of the record's first byte} */
  public Lsn start() {
    return start;
  }

  /**
   * {@return the position after the record, rounded up to 8 bytes; after a segment switch the next segment's start}
   *
   * <p>PostgreSQL calls it {@code EndRecPtr}, and stamps it on the pages that the record changed.
   */
  public Lsn end() {
    return end;
  }

  /** {@return the position of the record before this one} */
  public Lsn previous() {
    return new Lsn(bytes.getLong(PREVIOUS_OFFSET));
  }

  /** {@return the id of the resource manager that wrote the record, 0 to 255} */
  public int resourceManager() {
    return Byte.toUnsignedInt(bytes.get(RESOURCE_MANAGER_OFFSET));
  }

  /** {@return the flag bits, of which the upper four name the resource manager's operation} */
  public int info() {
    return Byte.toUnsignedInt(bytes.get(INFO_OFFSET));
  }

  /** {@return the transaction's id, unsigned; 0 if the record belongs to none} */
  public int xid() {
    return bytes.getInt(XID_OFFSET);
  }

  /** {@return the pages that the record changes, in the order of their ids} */
  public List<BlockReference> blocks() {
    return blocks;
  }

  /** {@return the length of the record in bytes, its header included and page headers in between not} */
  public int length() {
    return bytes.capacity();
  }

  /** {@return the bytes at the end of the record that belong to no page} */
  public int mainDataLength() {
    return mainDataLength;
  }

  /** {@return a new read-only view of the record's bytes, header included, little-endian} */
  public ByteBuffer bytes() {
    return bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** {@return a new read-only view of the bytes that belong to no page, little-endian, from 0 on} */
  public ByteBuffer mainData() {
    int start = length() - mainDataLength;
    return bytes.slice(start, mainDataLength).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** {@return whether PostgreSQL left the rest of the segment unused after this record} */
  public boolean isSegmentSwitch() {
    return isOperation(XLOG_SWITCH);
  }

  /** {@return whether this record takes the place of the one that a crash left half-written at {@code abandoned}} */
  boolean overwrites(Lsn abandoned) {
    return isOperation(XLOG_OVERWRITE_CONTRECORD)
        && mainDataLength >= Long.BYTES
        && bytes.getLong(length() - mainDataLength) == abandoned.value();
  }

  /** {@return this record with another end} */
  WalRecord endingAt(Lsn other) {
    return new WalRecord(start, other, bytes.array(), blocks, mainDataLength);
  }

  private boolean isOperation(int operation) {
    return resourceManager() == XLOG && (info() & OPERATION_MASK) == operation;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof WalRecord that
        && start.equals(that.start)
        && Arrays.equals(bytes.array(), that.bytes.array());
  }

  @Override
  public int hashCode() {
    return start.hashCode();
  }

  @Override
  public String toString() {
    return "WalRecord["
        + start + ".." + end
        + ", rmgr=" + resourceManager()
        + ", info=0x" + Integer.toHexString(info())
        + ", xid=" + Integer.toUnsignedString(xid())
        + ", length=" + length()
        + ", blocks=" + blocks.size()
        + "]";
  }
}
