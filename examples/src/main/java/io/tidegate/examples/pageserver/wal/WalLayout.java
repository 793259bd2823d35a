// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

/**
 * How a write-ahead log is laid out: segment files of equal size, made of pages of 8 KiB that each begin with a header.
 *
 * <p>See PostgreSQL's {@code src/include/access/xlog_internal.h}. A cluster's segment size is chosen by
 * {@code initdb} and shown by {@code SHOW wal_segment_size}.
 *
 * @param segmentSize the bytes of a segment, a power of two from 1 MiB to 1 GiB
 */
public record WalLayout(int segmentSize) {
  /** The layout of a cluster that was made without a wish for another: segments of 16 MiB. */
  public static final WalLayout DEFAULT = new WalLayout(16 << 20);

  static final int PAGE_SIZE = 8192;
  static final int SHORT_HEADER = 24;
  static final int LONG_HEADER = 40;

  private static final int MIN_SEGMENT = 1 << 20;
  private static final int MAX_SEGMENT = 1 << 30;

  /** Checks the size. */
  public WalLayout {
    if (segmentSize < MIN_SEGMENT || segmentSize > MAX_SEGMENT || Integer.bitCount(segmentSize) != 1) {
      throw new IllegalArgumentException("a segment is a power of two from 1 MiB to 1 GiB: " + segmentSize);
    }
  }

  /**
   * {@return the first position of the segment that contains {@code position}}
   *
   * @param position any position in the segment
   */
  public Lsn segmentStart(Lsn position) {
    return new Lsn(position.value() & -segmentSize);
  }

  /**
   * {@return the name of the segment file in {@code pg_wal} that contains {@code position}}
   *
   * @param timeline the id of PostgreSQL's timeline
   * @param position any position in the segment
   */
  public String fileName(int timeline, Lsn position) {
    long segment = Long.divideUnsigned(position.value(), segmentSize);
    long segmentsPerId = (1L << 32) / segmentSize;
    return String.format("%08X%08X%08X", timeline, segment / segmentsPerId, segment % segmentsPerId);
  }

  /**
   * {@return the end of the last record before {@code insertPosition}}
   *
   * <p>{@code pg_current_wal_insert_lsn()} names the place where the next record will start. After a record that
   * fills its page, and after a segment switch, that is behind the header of a page which PostgreSQL does not send
   * before there is something in it. Whoever waits until all records so far have arrived must wait for this position
   * instead.
   *
   * @param insertPosition a position at which a record may start
   */
  public Lsn recordEnd(Lsn insertPosition) {
    int offset = pageOffset(insertPosition);
    return offset == headerSize(insertPosition) ? insertPosition.plus(-offset) : insertPosition;
  }

  /** {@return how far into its page a position is} */
  static int pageOffset(Lsn position) {
    return (int) (position.value() & (PAGE_SIZE - 1));
  }

  /** {@return the size of the header of the page that contains a position: the first of a segment is longer} */
  int headerSize(Lsn position) {
    return position.minus(segmentStart(position)) < PAGE_SIZE ? LONG_HEADER : SHORT_HEADER;
  }

  /** {@return the first segment border at or after a position} */
  Lsn segmentEnd(Lsn position) {
    return segmentStart(position.plus(segmentSize - 1));
  }
}
