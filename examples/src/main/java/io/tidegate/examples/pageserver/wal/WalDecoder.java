// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A reader that cuts the byte stream of physical replication into verified records.
 *
 * <p>The stream comes in pieces of any size, one {@link #feed} each; {@link #next} then returns the records that are
 * complete. A decoder that starts at the {@link #lastRecordEnd()} of another continues where that one was. It accepts
 * the logs of PostgreSQL 15 to 18.
 *
 * <p>Format and checks follow PostgreSQL's {@code src/include/access/xlog_internal.h},
 * {@code src/include/access/xlogrecord.h} and {@code src/backend/access/transam/xlogreader.c}. Once {@link #next} has
 * thrown a {@link WalFormatException}, every later call throws the same one. Does no I/O, never blocks, and is not
 * thread-safe.
 */
public final class WalDecoder {
  /*
   * A byte is consumed by exactly one of four steps, and counted there. What comes next follows from the position
   * alone, save for the last step:
   *
   *   bytes of             consumed while                          counted as
   *   a page's header      position is in one                      page header
   *   a record             otherwise                               record
   *   its alignment        a record is assembled, until its end    alignment
   *   a segment's rest     a switch is assembled, until its end    skipped
   *
   * A record is returned when its end has arrived, alignment and the rest of a switched segment included. So
   * lastRecordEnd <= position always holds. The counters of the sum are raised at that moment only: until then the
   * bytes are pending ones. PostgreSQL never holds back the bytes between a record and its end.
   */
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final int ALIGNMENT = 8;

  private final WalLayout layout;
  private final Lsn start;
  private final PageHeader page;
  private final RecordAssembler record = new RecordAssembler();

  private ByteBuffer input = NOTHING;
  private Lsn position;
  private Lsn lastRecordEnd;
  /** The record of which only the end has not arrived; null if there is none. */
  private @Nullable WalRecord assembled;
  /** Where the record began that the next one must replace; null if the next one is like any other. */
  private @Nullable Lsn abandoned;
  private @Nullable WalFormatException failure;

  private final Tally settled = new Tally();
  private final Tally pending = new Tally();
  private long records;

  /**
   * Makes a decoder for a log with segments of 16 MiB.
   *
   * @param start the position of the first byte that will come, between two records
   */
  public WalDecoder(Lsn start) {
    this(start, WalLayout.DEFAULT);
  }

  /**
   * Makes a decoder.
   *
   * @param start the position of the first byte that will come, where a record starts, or the first of the page on
   *     which that record is the first
   * @param layout the log's layout
   * @throws IllegalArgumentException if no record can start there
   */
  public WalDecoder(Lsn start, WalLayout layout) {
    int offset = WalLayout.pageOffset(start);
    if (offset % ALIGNMENT != 0 || (offset > 0 && offset < layout.headerSize(start))) {
      throw new IllegalArgumentException("no record starts at " + start);
    }
    this.start = start;
    this.layout = layout;
    this.page = new PageHeader(layout);
    this.position = start;
    this.lastRecordEnd = start;
  }

  /**
   * Gives the decoder the next piece of the log, to be read by {@link #next}.
   *
   * @param at the position of the first of these bytes
   * @param bytes the piece, from the buffer's position to its limit, neither of which moves; it must not change until
   *     {@link #next} has returned null
   * @throws WalFormatException if the piece does not begin where the one before ended; the decoder is as it was
   * @throws IllegalStateException if the piece before was not read to its end
   */
  public void feed(Lsn at, ByteBuffer bytes) {
    throwIfFailed();
    if (input.hasRemaining()) {
      throw new IllegalStateException("next() has not returned null yet: it is at " + position);
    }
    if (!at.equals(position)) {
      String what = at.isBefore(position) ? "bytes come again that end at " : "bytes are missing since ";
      throw new WalFormatException(at, what + position);
    }
    input = bytes.duplicate();
  }

  /**
   * {@return the next complete record, or null when another piece is needed}
   *
   * @throws WalFormatException if the log is damaged
   */
  public @Nullable WalRecord next() {
    throwIfFailed();
    try {
      WalRecord complete = null;
      while (complete == null && input.hasRemaining()) {
        complete = step();
      }
      return complete;
    } catch (WalFormatException damaged) {
      throw fail(damaged);
    }
  }

  /** {@return the position after the last record that {@link #next} returned; {@code start} before the first} */
  public Lsn lastRecordEnd() {
    return lastRecordEnd;
  }

  /** {@return the position of the next byte to read: that of the next piece, once {@link #next} has returned null} */
  public Lsn position() {
    return position;
  }

  /** {@return what became of all bytes so far} */
  public WalAccount account() {
    return new WalAccount(
        start, lastRecordEnd, position, records,
        settled.record, settled.pageHeader, settled.alignment, settled.skipped,
        pending.sum() + record.filled() + page.gathered());
  }

  private @Nullable WalRecord step() {
    if (assembled == null) {
      if (WalLayout.pageOffset(position) < layout.headerSize(position)) {
        readPageHeader();
      } else {
        readRecord();
      }
    }
    return assembled == null ? null : finish(assembled);
  }

  private void readPageHeader() {
    Lsn begin = position.plus(-WalLayout.pageOffset(position));
    int before = input.position();
    boolean complete = page.gather(begin, input);
    position = position.plus(input.position() - before);
    if (complete) {
      pending.pageHeader += layout.headerSize(begin);
      page.check(begin);
      checkContinuation(begin);
    }
  }

  private void checkContinuation(Lsn begin) {
    if (!record.isBegun()) {
      if (page.continuesRecord()) {
        throw new WalFormatException(begin, "page begins inside a record whose start is not known");
      }
    } else if (page.overwritesRecord()) {
      abandoned = record.start();
      pending.skipped += record.filled();
      record.abandon();
    } else if (!page.continuesRecord() || page.remaining() != record.remaining()) {
      long found = page.continuesRecord() ? page.remaining() : 0;
      throw new WalFormatException(begin, "page continues a record with " + found + " bytes, but the one at "
          + record.start() + " has " + record.remaining() + " left");
    }
  }

  private void readRecord() {
    int room = Math.min(WalLayout.PAGE_SIZE - WalLayout.pageOffset(position), input.remaining());
    int before = input.position();
    int limit = input.limit();
    boolean complete = false;
    try {
      complete = record.take(position, input.limit(before + room));
    } finally {
      input.limit(limit);
      position = position.plus(input.position() - before);
    }
    if (complete) {
      assemble();
    }
  }

  private void assemble() {
    pending.record += record.filled();
    Lsn aligned = new Lsn((position.value() + ALIGNMENT - 1) & -ALIGNMENT);
    WalRecord parsed = RecordParser.parse(record.start(), aligned, record.finish());
    if (abandoned != null && !parsed.overwrites(abandoned)) {
      throw new WalFormatException(parsed.start(), "record does not replace the one abandoned at " + abandoned);
    }
    abandoned = null;
    assembled = parsed.isSegmentSwitch() ? parsed.endingAt(layout.segmentEnd(aligned)) : parsed;
  }

  /** Passes over what lies between a record and its end, unread, and returns the record if all of it has arrived. */
  private @Nullable WalRecord finish(WalRecord last) {
    int length = (int) Math.min(last.end().minus(position), input.remaining());
    input.position(input.position() + length);
    position = position.plus(length);
    if (last.isSegmentSwitch()) {
      pending.skipped += length;
    } else {
      pending.alignment += length;
    }
    if (!position.equals(last.end())) {
      return null;
    }
    settled.add(pending);
    pending.clear();
    records++;
    lastRecordEnd = position;
    assembled = null;
    return last;
  }

  private void throwIfFailed() {
    if (failure != null) {
      throw failure;
    }
  }

  private WalFormatException fail(WalFormatException damaged) {
    failure = damaged;
    input = NOTHING;
    return damaged;
  }

  @Override
  public String toString() {
    return "WalDecoder[" + account() + "]";
  }

  /** The bytes of each sort. */
  private static final class Tally {
    long record;
    long pageHeader;
    long alignment;
    long skipped;

    void add(Tally other) {
      record += other.record;
      pageHeader += other.pageHeader;
      alignment += other.alignment;
      skipped += other.skipped;
    }

    void clear() {
      record = 0;
      pageHeader = 0;
      alignment = 0;
      skipped = 0;
    }

    long sum() {
      return record + pageHeader + alignment + skipped;
    }
  }
}
