// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.CancellationToken;
import io.tidegate.examples.pageserver.storage.FrozenLayer;
import io.tidegate.examples.pageserver.storage.OpenLayer;
import io.tidegate.examples.pageserver.wal.BlockReference;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.WalRecord;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

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
  private final Checkpointing checkpointing;
  private final ArrayDeque<FrozenLayer> frozen = new ArrayDeque<>();
  private OpenLayer open;
  private boolean finished;
  /** Read without the lock. */
  private volatile Lsn lastRecordLsn;

  WritePath(Lsn start, Checkpointing checkpointing) {
    this.checkpointing = checkpointing;
    this.open = new OpenLayer(start);
    this.lastRecordLsn = start;
  }

  Lsn lastRecordLsn() {
    return lastRecordLsn;
  }

  /** Appends a record; then, if too many layers wait for the flush, waits too. */
  void put(WalRecord record, CancellationToken token) throws Exception {
    boolean full;
    lock.lock();
    try {
      if (finished) {
        throw new IllegalStateException("a record at " + record.start() + " came after the last freeze");
      }
      open.put(
          record.end(), record.blocks().stream().map(BlockReference::key).toList(), record.bytes(), System.nanoTime());
      lastRecordLsn = record.end();
      if (record.end().minus(open.startLsn()) >= checkpointing.distance()) {
        freeze();
      }
      full = frozen.size() > checkpointing.frozenLayers();
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
      while (frozen.size() > checkpointing.frozenLayers()) {
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
        long untilStaleNanos = checkpointing.timeout().minus(open.dirtyFor(System.nanoTime())).toNanos();
        if (untilStaleNanos <= 0 || mayHaveFrozen.awaitNanos(untilStaleNanos) <= 0) {
          freezeIfStale();
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
    if (open.dirtyFor(System.nanoTime()).compareTo(checkpointing.timeout()) >= 0) {
      freeze();
    }
  }

  private void freeze() {
    if (open.recordCount() > 0) {
      frozen.addLast(open.freeze(lastRecordLsn));
      open = new OpenLayer(lastRecordLsn);
      mayHaveFrozen.signalAll();
    }
  }
}
