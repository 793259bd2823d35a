// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.CarrierPool;
import io.tidegate.carrier.Isolation;
import io.tidegate.carrier.PoolStats;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadFactory;

/** A pool of virtual threads that live by a {@link ManualClock}; as a kind, it is that of its own tasks. */
public final class ManualPool implements CarrierPool, TaskKind {
  private final ManualClock clock = new ManualClock();
  private final List<Thread> threads = new CopyOnWriteArrayList<>();
  private final ThreadFactory factory;

  public ManualPool() {
    this(Thread.ofVirtual().factory());
  }

  /** Makes a pool whose threads are those of a factory. */
  ManualPool(ThreadFactory made) {
    factory = work -> {
      Thread thread = made.newThread(work);
      threads.add(thread);
      return thread;
    };
  }

  /** All threads that were made so far. */
  public List<Thread> threads() {
    return List.copyOf(threads);
  }

  public void awaitAllEnded() {
    SideThread.until(() -> threads.stream().noneMatch(Thread::isAlive));
  }

  @Override
  public String name() {
    return "manual";
  }

  @Override
  public CarrierPool pool() {
    return this;
  }

  @Override
  public ThreadFactory factory() {
    return factory;
  }

  @Override
  public ManualClock clock() {
    return clock;
  }

  @Override
  public Isolation isolation() {
    return CarrierPool.shared().isolation();
  }

  @Override
  public PoolStats stats() {
    return CarrierPool.shared().stats();
  }

  @Override
  public boolean isClosed() {
    return false;
  }

  @Override
  public void close() {}
}
