// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.CancellationToken;
import io.tidegate.examples.pageserver.storage.FrozenLayer;
import io.tidegate.examples.pageserver.storage.Layer;
import io.tidegate.examples.pageserver.storage.OpenLayer;
import io.tidegate.examples.pageserver.wal.CommitTime;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageTouch;
import io.tidegate.examples.pageserver.wal.PageTouches;
import io.tidegate.examples.pageserver.wal.WalRecord;
import io.tidegate.sync.SeqWait;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The layers of one timeline that are in memory: one open layer, and behind it the frozen ones that wait for the flush.
 *
 * <p><b>Threads:</b> one walreceiver puts, one flush task takes; the rest is for any thread.
 */
final class WritePath {
  /*
   * The lock guards all fields. A freeze and its place in the queue are one step under the lock, whoever freezes: so the
   * queue is in LSN order, and with the open layer it covers the log from the disk-consistent LSN on without a gap.
   */
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition mayHaveFrozen = lock.newCondition();
  private final Condition mayHaveRoom = lock.newCondition();
  private final Supplier<TenantSettings> settings;
  private final ArrayDeque<FrozenLayer> frozen = new ArrayDeque<>();
  private OpenLayer open;
  private boolean finished;
  /** Written under the lock. */
  private volatile Lsn previousRecordLsn = Lsn.INVALID;
  /** Advanced under the lock, after the record is in the layer. */
  private final SeqWait lastRecord;

  WritePath(Lsn start, Supplier<TenantSettings> settings) {
    this.settings = settings;
    this.open = new OpenLayer(start);
    this.lastRecord = SeqWait.startingAt("last record", start.value());
  }

  Lsn lastRecordLsn() {
    return new Lsn(lastRecord.current());
  }

  /** {@return the end of the last record, to wait for} */
  SeqWait lastRecord() {
    return lastRecord;
  }

  Lsn previousRecordLsn() {
    return previousRecordLsn;
  }

  /** {@return the layers, the newest first} */
  List<Layer> snapshot() {
    lock.lock();
    try {
      List<Layer> all = new ArrayList<>();
      all.add(open);
      frozen.descendingIterator().forEachRemaining(all::add);
      return all;
    } finally {
      lock.unlock();
    }
  }

  /** Appends a record; then, if too many layers wait for the flush, waits too. */
  void put(WalRecord record, CancellationToken token) throws Exception {
    List<PageTouch> touches = PageTouches.of(record);
    boolean full;
    lock.lock();
    try {
      if (finished) {
        throw new IllegalStateException("a record at " + record.start() + " came after the last freeze");
      }
      boolean first = open.recordCount() == 0;
      CommitTime.of(record).ifPresent(open::committedAt);
      open.put(record.end(), touches, record.bytes(), System.nanoTime());
      previousRecordLsn = record.previous();
      lastRecord.advance(record.end().value());
      long distance = settings.get().checkpointDistance();
      if (record.end().minus(open.startLsn()) >= distance || open.byteCount() >= distance) {
        freeze();
      } else if (first) {
        mayHaveFrozen.signalAll(); // it is time to look at the clock
      }
      full = frozen.size() > settings.get().frozenLayers();
    } finally {
      lock.unlock();
    }
    if (full) {
      token.interruptibly(this::awaitRoom);
    }
  }

  private boolean awaitRoom() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (frozen.size() > settings.get().frozenLayers()) {
        mayHaveRoom.await();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for a frozen layer, which stays the first of the queue until {@link #flushed}; freezes an open layer that has
   * been dirty for too long meanwhile.
   *
   * @return the layer; empty when the path is finished and all is flushed
   */
  Optional<FrozenLayer> awaitFrozen(CancellationToken token) throws Exception {
    return token.interruptibly(this::awaitFirst);
  }

  private Optional<FrozenLayer> awaitFirst() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (frozen.isEmpty() && !finished) {
        if (open.recordCount() == 0) {
          mayHaveFrozen.await(); // an empty layer needs no clock
        } else {
          Duration untilStale = settings.get().checkpointTimeout().minus(open.dirtyFor(System.nanoTime()));
          if (!untilStale.isPositive() || mayHaveFrozen.awaitNanos(untilStale.toNanos()) <= 0) {
            freezeIfStale();
          }
        }
      }
      return Optional.ofNullable(frozen.peekFirst());
    } finally {
      lock.unlock();
    }
  }

  /** Takes a layer out that is on disk now. */
  void flushed(FrozenLayer layer) {
    lock.lock();
    try {
      FrozenLayer first = frozen.removeFirst();
      if (first != layer) {
        throw new IllegalStateException("flushed " + layer + " before " + first);
      }
      mayHaveRoom.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Freezes what is open, and says where that ends. */
  Lsn freezeNow() {
    lock.lock();
    try {
      freeze();
      return lastRecordLsn();
    } finally {
      lock.unlock();
    }
  }

  /** Freezes what is open; no record may come any more. */
  void finish() {
    lock.lock();
    try {
      finished = true;
      freeze();
      mayHaveFrozen.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** {@return how many layers are in memory, the open one included if it is not empty} */
  int layers() {
    lock.lock();
    try {
      return frozen.size() + (open.recordCount() > 0 ? 1 : 0);
    } finally {
      lock.unlock();
    }
  }

  private void freezeIfStale() {
    if (open.dirtyFor(System.nanoTime()).compareTo(settings.get().checkpointTimeout()) >= 0) {
      freeze();
    }
  }

  private void freeze() {
    if (open.recordCount() > 0) {
      frozen.addLast(open.freeze(lastRecordLsn()));
      open = new OpenLayer(lastRecordLsn());
      mayHaveFrozen.signalAll();
    }
  }
}
