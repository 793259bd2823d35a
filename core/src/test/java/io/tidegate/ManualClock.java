// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.PoolClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** A clock that stands still until it is advanced. */
public final class ManualClock implements PoolClock {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  /** Those inside parkUntil: they put themselves here before they look at the time. */
  private final Set<Thread> sleepers = ConcurrentHashMap.newKeySet();
  private final AtomicLong nanos = new AtomicLong();

  public ManualClock() {}

  public void advance(Duration time) {
    nanos.addAndGet(time.toNanos());
    sleepers.forEach(LockSupport::unpark);
  }

  /** Returns when so many threads wait for a time to come. */
  public void awaitSleepers(int count) {
    SideThread.until(() -> {
      List<Thread> seen = List.copyOf(sleepers);
      return seen.size() == count && seen.stream().allMatch(ManualClock::isParked);
    });
  }

  private static boolean isParked(Thread thread) {
    return thread.getState() == Thread.State.WAITING;
  }

  @Override
  public long nanoTime() {
    return nanos.get();
  }

  @Override
  public Instant now() {
    return START.plusNanos(nanos.get());
  }

  @Override
  public void park(Object blocker) {
    LockSupport.park(blocker);
  }

  @Override
  public void parkUntil(Object blocker, long deadlineNanos) {
    sleepers.add(Thread.currentThread());
    if (nanos.get() - deadlineNanos < 0) {
      LockSupport.park(blocker);
    }
    sleepers.remove(Thread.currentThread());
  }
}
