// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.CarrierPool;
import io.tidegate.carrier.Isolation;
import io.tidegate.carrier.PoolClock;
import io.tidegate.carrier.PoolStats;
import java.util.concurrent.ThreadFactory;

/** A pool that has, from some time on, no memory for threads. */
final class BrokenPool implements CarrierPool {
  private volatile boolean broken;

  void breakNow() {
    broken = true;
  }

  @Override
  public String name() {
    return "broken";
  }

  @Override
  public ThreadFactory factory() {
    return work -> {
      if (broken) {
        throw new OutOfMemoryError("no thread, says the test");
      }
      return Thread.ofVirtual().unstarted(work);
    };
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
