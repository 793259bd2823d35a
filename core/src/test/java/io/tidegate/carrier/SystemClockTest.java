// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class SystemClockTest {
  private static final Object BLOCKER = "what is waited for";

  private final PoolClock clock = CarrierPool.shared().clock();

  @Test
  void now_isBetweenTwoReadingsOfTheMachine() {
    Instant before = Instant.now();
    Instant read = clock.now();
    assertFalse(read.isBefore(before));
    assertFalse(read.isAfter(Instant.now()));
  }

  @Test
  void park_unparked_returnsAndShowedItsBlocker() {
    Thread thread = CarrierPool.shared().factory().newThread(() -> clock.park(BLOCKER));
    thread.start();
    Await.parked(thread);
    assertSame(BLOCKER, LockSupport.getBlocker(thread));
    LockSupport.unpark(thread);
    Await.ended(thread);
  }

  @Test
  void park_interrupted_returnsWithStatusSet() {
    Thread.currentThread().interrupt();
    clock.park(BLOCKER);
    assertTrue(Thread.interrupted());
  }

  @Test
  void parkUntil_pastDeadline_returnsAtOnce() {
    clock.parkUntil(BLOCKER, clock.nanoTime());
    clock.parkUntil(BLOCKER, clock.nanoTime() - TimeUnit.DAYS.toNanos(1));
  }

  @Test
  void parkUntil_nobodyUnparks_reachesItsDeadline() {
    long deadlineNanos = clock.nanoTime() + TimeUnit.MILLISECONDS.toNanos(5);
    while (clock.nanoTime() - deadlineNanos < 0) {
      clock.parkUntil(BLOCKER, deadlineNanos);
    }
  }

  @Test
  void clock_ofAnyPool_isOne() {
    try (CarrierPool pool = CarrierPool.named("pool")) {
      assertSame(clock, pool.clock());
    }
  }
}
