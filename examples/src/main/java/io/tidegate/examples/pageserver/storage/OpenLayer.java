// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import io.tidegate.examples.pageserver.wal.PageTouch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * The layer in memory that takes new records.
 *
 * <p>It begins empty at a position of the log, grows by {@link #put}, and ends with {@link #freeze}, which hands its
 * content to a {@link FrozenLayer} without copying it.
 *
 * <p><b>Threads:</b> {@code put} and {@code freeze} are for one thread at a time, and what one such call did must
 * happen-before the next. All other methods may be called by any thread at any time and never block. <b>Memory
 * consistency effects:</b> what {@code put} stored happens-before the return of a lookup that finds it; a record is
 * found under all of its pages as soon as it is found under one.
 */
public final class OpenLayer implements Layer {
  /** The longest record that a layer takes, in bytes; PostgreSQL itself stops at 1,020 MiB. */
  public static final int MAX_RECORD_BYTES = 1 << 30;

  private final Lsn startLsn;
  private final RecordLog log = new RecordLog();
  private final PageIndex index = new PageIndex(log);
  private volatile Lsn lastRecordLsn; // written by the writer
  private volatile long firstDirtyNanos; // written by the writer, before the first record is published
  private Instant lastCommit = Instant.EPOCH; // the writer only
  private boolean frozen; // the writer only

  /** An empty layer for the log from {@code startLsn} on. */
  public OpenLayer(Lsn startLsn) {
    this.startLsn = startLsn;
    this.lastRecordLsn = startLsn;
  }

  /**
   * Adds the next record of the log.
   *
   * @param endLsn the position right after the record, beyond that of all records before
   * @param touches the pages that the record touches; none for checkpoints and the like, which are kept all the same
   * @param record the record from its position to its limit; copied, and left as it was
   * @param nowNanos the current {@link System#nanoTime}, or of the clock that {@link #dirtyFor} is asked with; a value
   *     of a batch's beginning will do
   * @throws IllegalArgumentException if the record is not beyond the last one or too long
   * @throws IllegalStateException if the layer is frozen
   */
  public void put(Lsn endLsn, List<PageTouch> touches, ByteBuffer record, long nowNanos) {
    checkNotFrozen();
    if (!lastRecordLsn.isBefore(endLsn)) {
      throw new IllegalArgumentException("a record ending at " + endLsn + " does not follow the last one: " + this);
    }
    if (record.remaining() > MAX_RECORD_BYTES) {
      throw new IllegalArgumentException("the record ending at " + endLsn + " has " + record.remaining()
          + " bytes, and " + MAX_RECORD_BYTES + " is the limit");
    }
    if (log.length() == 0) {
      firstDirtyNanos = nowNanos;
    }
    long position = log.length();
    log.append(endLsn, record);
    index.add(touches, position);
    log.publish();
    lastRecordLsn = endLsn;
  }

  /** Takes note of the time of a commit whose record comes next, or came last. */
  public void committedAt(Instant time) {
    lastCommit = lastCommit.isBefore(time) ? time : lastCommit;
  }

  /**
   * Ends the layer: no more records are taken, and readers may go on with this object or use the returned one.
   *
   * @param end where the layer ends and the next one starts: not before the last record's end
   * @throws IllegalArgumentException if that is before the last record's end, or is where the layer starts
   * @throws IllegalStateException if the layer is frozen already
   */
  public FrozenLayer freeze(Lsn end) {
    checkNotFrozen();
    if (end.isBefore(lastRecordLsn) || end.equals(startLsn)) {
      throw new IllegalArgumentException("a layer cannot end at " + end + ": " + this);
    }
    frozen = true;
    return new FrozenLayer(startLsn, end, lastCommit, log, index);
  }

  /** {@return the end of the last record, or the layer's start while it has none} */
  public Lsn lastRecordLsn() {
    return lastRecordLsn;
  }

  /**
   * {@return for how long the layer has held records: zero while it is empty}
   *
   * @param nowNanos the current time of the clock that {@link #put} was given
   */
  public Duration dirtyFor(long nowNanos) {
    return log.length() == 0 ? Duration.ZERO : Duration.ofNanos(nowNanos - firstDirtyNanos);
  }

  /** {@return how many bytes of memory are set aside for the records: none while there are none} */
  long allocatedBytes() {
    return log.allocated();
  }

  @Override
  public Lsn startLsn() {
    return startLsn;
  }

  @Override
  public long recordCount() {
    return log.recordCount();
  }

  @Override
  public long byteCount() {
    return log.length();
  }

  @Override
  public List<PageVersion> versions(PageKey key, Lsn upTo) {
    return index.versions(key, upTo);
  }

  @Override
  public void scan(KeyRange range, Entries visitor) throws IOException {
    index.scan(range, visitor);
  }

  /** Shows the records put before the call; later ones may be left out. */
  @Override
  public void forEach(Visitor visitor) throws IOException {
    log.forEach(log.length(), visitor);
  }

  @Override
  public String toString() {
    return "open layer " + startLsn + " to " + lastRecordLsn + ", " + recordCount() + " records, "
        + byteCount() + " bytes";
  }

  private void checkNotFrozen() {
    if (frozen) {
      throw new IllegalStateException("the layer is frozen: " + this);
    }
  }
}
