// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The header of one page of the log, gathered from as many pieces as it comes in and checked when it is complete.
 *
 * <p>See {@code XLogPageHeaderData} in PostgreSQL's {@code src/include/access/xlog_internal.h}, and
 * {@code XLogReaderValidatePageHeader} in its {@code src/backend/access/transam/xlogreader.c}. One object serves all
 * pages of a log one after the other, as each is also checked against the pages before it. Not thread-safe.
 */
final class PageHeader {
  private static final int MAGIC_OFFSET = 0;
  private static final int FLAGS_OFFSET = 2;
  private static final int TIMELINE_OFFSET = 4;
  private static final int ADDRESS_OFFSET = 8;
  private static final int REMAINING_OFFSET = 16;
  private static final int SYSTEM_OFFSET = 24;
  private static final int SEGMENT_SIZE_OFFSET = 32;
  private static final int PAGE_SIZE_OFFSET = 36;

  private static final int FIRST_IS_CONTINUATION = 1;
  private static final int LONG = 2;
  /** No base backup ran when the page was begun; ignored here. PostgreSQL 18 is the last version that writes it. */
  private static final int BACKUP_REMOVABLE = 4;
  private static final int FIRST_IS_OVERWRITE = 8;
  private static final int ALL_FLAGS = FIRST_IS_CONTINUATION | LONG | BACKUP_REMOVABLE | FIRST_IS_OVERWRITE;

  private final WalLayout layout;
  private final ByteBuffer bytes = ByteBuffer.allocate(WalLayout.LONG_HEADER).order(ByteOrder.LITTLE_ENDIAN);

  /* What the pages before this one had; 0 before the first. */
  private int magic;
  private int timeline;
  private long system;

  PageHeader(WalLayout layout) {
    this.layout = layout;
  }

  /** {@return the bytes gathered of a header that is not complete yet} */
  int gathered() {
    return bytes.position();
  }

  /**
   * Takes what there is of the header of the page at {@code page}.
   *
   * @return whether the header is complete now: then it must be {@linkplain #check checked}, and can be read until
   *     the next call
   */
  boolean gather(Lsn page, ByteBuffer input) {
    int wanted = Math.min(layout.headerSize(page) - bytes.position(), input.remaining());
    bytes.put(bytes.position(), input, input.position(), wanted).position(bytes.position() + wanted);
    input.position(input.position() + wanted);
    if (bytes.position() < layout.headerSize(page)) {
      return false;
    }
    bytes.clear();
    return true;
  }

  /** Checks the complete header of the page at {@code page}, by itself and against the pages before. */
  void check(Lsn page) {
    checkMagic(page);
    if ((flags() & ~ALL_FLAGS) != 0) {
      throw new WalFormatException(page, "page header with unknown flags 0x" + Integer.toHexString(flags()));
    }
    Lsn address = new Lsn(bytes.getLong(ADDRESS_OFFSET));
    if (!address.equals(page)) {
      throw new WalFormatException(page, "page header says it is the page at " + address);
    }
    checkTimeline(page);
    boolean isLong = (flags() & LONG) != 0;
    if (isLong != (layout.headerSize(page) == WalLayout.LONG_HEADER)) {
      throw new WalFormatException(page, (isLong ? "long" : "short") + " page header at the wrong place");
    }
    if (isLong) {
      checkLong(page);
    }
  }

  /** {@return whether the page begins with the rest of a record of the page before} */
  boolean continuesRecord() {
    return (flags() & FIRST_IS_CONTINUATION) != 0;
  }

  /** {@return whether the page begins with a record that replaces one left half-written on the page before} */
  boolean overwritesRecord() {
    return (flags() & FIRST_IS_OVERWRITE) != 0;
  }

  /** {@return the bytes left of the record that the page before began} */
  long remaining() {
    return Integer.toUnsignedLong(bytes.getInt(REMAINING_OFFSET));
  }

  private int flags() {
    return Short.toUnsignedInt(bytes.getShort(FLAGS_OFFSET));
  }

  private void checkMagic(Lsn page) {
    int found = Short.toUnsignedInt(bytes.getShort(MAGIC_OFFSET));
    if (magic != 0 ? found != magic : !isKnown(found)) {
      throw new WalFormatException(page, "page header with magic number 0x" + Integer.toHexString(found));
    }
    magic = found;
  }

  /** {@return whether a number is the {@code XLOG_PAGE_MAGIC} of PostgreSQL 15, 16, 17 or 18} */
  private static boolean isKnown(int magic) {
    return switch (magic) {
      case 0xD110, 0xD113, 0xD116, 0xD118 -> true;
      default -> false;
    };
  }

  private void checkTimeline(Lsn page) {
    int found = bytes.getInt(TIMELINE_OFFSET);
    if (Integer.compareUnsigned(found, timeline) < 0) {
      throw new WalFormatException(page, "page header of timeline " + Integer.toUnsignedString(found)
          + " after one of timeline " + Integer.toUnsignedString(timeline));
    }
    timeline = found;
  }

  private void checkLong(Lsn page) {
    int segmentSize = bytes.getInt(SEGMENT_SIZE_OFFSET);
    if (segmentSize != layout.segmentSize()) {
      throw new WalFormatException(page, "segments of " + Integer.toUnsignedString(segmentSize)
          + " bytes instead of " + layout.segmentSize());
    }
    int pageSize = bytes.getInt(PAGE_SIZE_OFFSET);
    if (pageSize != WalLayout.PAGE_SIZE) {
      throw new WalFormatException(page, "pages of " + Integer.toUnsignedString(pageSize) + " bytes");
    }
    long found = bytes.getLong(SYSTEM_OFFSET);
    if (system != 0 && found != system) {
      throw new WalFormatException(page, "segment of system " + Long.toUnsignedString(found)
          + " after one of system " + Long.toUnsignedString(system));
    }
    system = found;
  }
}
