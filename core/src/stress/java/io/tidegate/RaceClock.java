// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.PoolClock;
import java.time.Instant;
import java.util.concurrent.locks.LockSupport;

/** A clock that goes only where a race sets it, and parks without a limit: a wake-up that is lost is never made up for. */
final class RaceClock implements PoolClock {
  /** Any thread. */
  private volatile long nanos;

  void set(long newNanos) {
    nanos = newNanos;
  }

  @Override
  public long nanoTime() {
    return nanos;
  }

  @Override
  public Instant now() {
    return Instant.EPOCH.plusNanos(nanos);
  }

  @Override
  public void park(Object blocker) {
    LockSupport.park(blocker);
  }

  @Override
  public void parkUntil(Object blocker, long deadlineNanos) {
    LockSupport.park(blocker);
  }
}
