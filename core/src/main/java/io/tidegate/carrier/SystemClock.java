// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.time.Instant;
import java.util.concurrent.locks.LockSupport;

/** The clock of the machine, by which every pool of real threads waits. */
final class SystemClock implements PoolClock {
  static final PoolClock INSTANCE = new SystemClock();

  private SystemClock() {}

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public long coarseNanoTime() {
    return CoarseTime.nanoTime();
  }

  @Override
  public Instant now() {
    return Instant.now();
  }

  @Override
  public void park(Object blocker) {
    LockSupport.park(blocker);
  }

  @Override
  public void parkUntil(Object blocker, long deadlineNanos) {
    long remainingNanos = deadlineNanos - System.nanoTime();
    if (remainingNanos > 0) {
      LockSupport.parkNanos(blocker, remainingNanos);
    }
  }

  @Override
  public String toString() {
    return "SystemClock";
  }
}
