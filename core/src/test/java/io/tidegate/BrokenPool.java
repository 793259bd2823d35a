// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.CarrierPool;
import io.tidegate.carrier.Isolation;
import io.tidegate.carrier.PoolClock;
import io.tidegate.carrier.PoolStats;
import java.util.concurrent.ThreadFactory;
import java.util.function.Supplier;

/** A pool that has, from some time on, no threads. */
final class BrokenPool implements CarrierPool {
  private volatile boolean broken;
  /** What it makes threads with, once broken. */
  private final Supplier<ThreadFactory> whenBroken;

  BrokenPool() {
    this(() -> work -> {
      throw new OutOfMemoryError("no thread, says the test");
    });
  }

  BrokenPool(Supplier<ThreadFactory> whenBroken) {
    this.whenBroken = whenBroken;
  }

  BrokenPool breakNow() {
    broken = true;
    return this;
  }

  @Override
  public String name() {
    return "broken";
  }

  @Override
  public ThreadFactory factory() {
    return broken ? whenBroken.get() : work -> Thread.ofVirtual().unstarted(work);
  }

  @Override
  public PoolClock clock() {
    return CarrierPool.shared().clock();
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
