// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.CancellationToken;
import io.tidegate.Waiter;
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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The layers of one timeline that are in memory: one open layer, and behind it the frozen ones that wait for the flush.
 *
 * <p><b>Threads:</b> one walreceiver puts, one flush task takes; the rest is for any thread.
 */
final class WritePath {
  private static final Logger log = LoggerFactory.getLogger(WritePath.class);

  /*
   * The lock guards all fields. A freeze and its place in the queue are one step under the lock, whoever freezes: so the
   * queue is in LSN order, and with the open layer it covers the log from the disk-consistent LSN on without a gap.
   *
   * 'limit' is told under the lock what the open layer holds, and makes others freeze under no lock of a path.
   *
   * No lost wake-up: who waits is in 'waiters' before it looks; who puts the first record into a layer, freezes, finishes or
   * makes room wakes them after that.
   */
  private final ReentrantLock lock = new ReentrantLock();
  private final Set<Waiter> waiters = ConcurrentHashMap.newKeySet();
  private final Supplier<TenantSettings> settings;
  private final OpenLayerLimit limit;
  private final ArrayDeque<FrozenLayer> frozen = new ArrayDeque<>();
  private OpenLayer open;
  private boolean finished;
  /** Written under the lock. */
  private volatile Lsn previousRecordLsn = Lsn.INVALID;
  /** Advanced under the lock, after the record is in the layer. */
  private final SeqWait lastRecord;

  WritePath(Lsn start, Supplier<TenantSettings> settings, OpenLayerLimit limit) {
    this.settings = settings;
    this.limit = limit;
    this.open = new OpenLayer(start);
    this.lastRecord = SeqWait.startingAt("last record", start.value());
    limit.add(this);
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

  /**
   * Appends a record. If all open layers are too large then, has the largest frozen; if too many layers wait for the flush,
   * waits too.
   */
  void put(WalRecord record, CancellationToken token) throws Exception {
    List<PageTouch> touches = PageTouches.of(record);
    boolean first;
    boolean froze = false;
    lock.lock();
    try {
      if (finished) {
        throw new IllegalStateException("a record at " + record.start() + " came after the last freeze");
      }
      first = open.recordCount() == 0;
      CommitTime.of(record).ifPresent(open::committedAt);
      long before = open.byteCount();
      open.put(record.end(), touches, record.bytes(), nanoTime());
      limit.grown(open.byteCount() - before);
      previousRecordLsn = record.previous();
      lastRecord.advance(record.end().value());
      long distance = settings.get().checkpointDistance();
      if (record.end().minus(open.startLsn()) >= distance || open.byteCount() >= distance) {
        freeze();
        froze = true;
      }
    } finally {
      lock.unlock();
    }
    if (first || froze) { // with the first one it is time to look at the clock
      wakeWaiters();
    }
    limit.enforce();
    awaitRoom(token);
  }

  private void awaitRoom(CancellationToken token) throws InterruptedException {
    if (!hasRoom()) {
      Waiter waiter = newWaiter(token);
      try {
        waiter.await(this::hasRoom);
      } finally {
        waiters.remove(waiter);
      }
    }
  }

  private boolean hasRoom() {
    return locked(() -> frozen.size() <= settings.get().frozenLayers());
  }

  /**
   * Waits for a frozen layer, which stays the first of the queue until {@link #flushed}; freezes an open layer that has
   * been dirty for too long meanwhile.
   *
   * @return the layer; empty when the path is finished and all is flushed
   */
  Optional<FrozenLayer> awaitFrozen(CancellationToken token) throws InterruptedException {
    Waiter waiter = newWaiter(token);
    try {
      waiter.await(() -> mayTake() || locked(() -> open.recordCount() > 0)); // an empty layer needs no clock
      while (!waiter.await(untilStale(), this::mayTake)) {
        freezeIfStale();
      }
    } finally {
      waiters.remove(waiter);
    }
    return locked(() -> Optional.ofNullable(frozen.peekFirst()));
  }

  private boolean mayTake() {
    return locked(() -> finished || !frozen.isEmpty());
  }

  private Duration untilStale() {
    return locked(() -> settings.get().checkpointTimeout().minus(open.dirtyFor(nanoTime())));
  }

  private Waiter newWaiter(CancellationToken token) {
    Waiter waiter = Waiter.on(this, token);
    waiters.add(waiter);
    return waiter;
  }

  private void wakeWaiters() {
    waiters.forEach(Waiter::wake);
  }

  /** Takes a layer out that is on disk now. */
  void flushed(FrozenLayer layer) {
    lock.lock();
    try {
      FrozenLayer first = frozen.removeFirst();
      if (first != layer) {
        throw new IllegalStateException("flushed " + layer + " before " + first);
      }
    } finally {
      lock.unlock();
    }
    wakeWaiters();
  }

  /** Freezes what is open, and says where that ends. */
  Lsn freezeNow() {
    Lsn end = locked(() -> {
      freeze();
      return lastRecordLsn();
    });
    wakeWaiters();
    return end;
  }

  /** {@return how many bytes of records the open layer holds} */
  long openBytes() {
    return locked(open::byteCount);
  }

  /** Freezes what is open, as it is the largest of all. */
  void freezeEarly() {
    OpenLayer early = locked(() -> {
      OpenLayer before = open;
      freeze();
      return before;
    });
    log.info("froze {} early, as all open layers together came over {}", early, limit);
    wakeWaiters();
  }

  /** Leaves what is open to whoever still reads it: it counts no longer. No record may come any more. */
  void release() {
    lock.lock();
    try {
      finished = true;
      limit.remove(this, open.byteCount());
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
    } finally {
      lock.unlock();
    }
    wakeWaiters();
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

  /** Freezes what is open if it has been dirty for too long. */
  void freezeIfStale() {
    boolean froze = locked(() -> {
      boolean isStale =
          open.recordCount() > 0 && open.dirtyFor(nanoTime()).compareTo(settings.get().checkpointTimeout()) >= 0;
      if (isStale) {
        freeze();
      }
      return isStale;
    });
    if (froze) {
      wakeWaiters();
    }
  }

  /** Under the lock. */
  private void freeze() {
    if (open.recordCount() > 0) {
      limit.shrunk(this, open.byteCount());
      frozen.addLast(open.freeze(lastRecordLsn()));
      open = new OpenLayer(lastRecordLsn());
    }
  }

  private <T> T locked(Supplier<T> body) {
    lock.lock();
    try {
      return body.get();
    } finally {
      lock.unlock();
    }
  }

  private static long nanoTime() {
    return Waiter.clock().nanoTime();
  }
}
