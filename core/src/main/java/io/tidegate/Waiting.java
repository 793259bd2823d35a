// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.CarrierPool;
import io.tidegate.carrier.PoolClock;
import io.tidegate.carrier.Simulator;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The one place where the library blocks: parks the calling thread, by the clock of its task's pool, until a condition
 * holds.
 */
/*
 * No lost wake-up: the caller has put its thread where whoever makes the condition true will find it (a WaitList, a token's
 * entries) before it comes here, and each loop looks at the condition before it parks. The other side changes the condition
 * first, then unparks whom it finds; an unpark that comes before the park makes the park return at once.
 */
final class Waiting {
  static final long NO_DEADLINE = Long.MAX_VALUE;

  private Waiting() {}

  /** The clock value at which {@code limit} from now has passed; NO_DEADLINE if that is too far off to tell. */
  static long deadline(PoolClock clock, Duration limit) {
    Objects.requireNonNull(limit, "duration");
    if (limit.compareTo(Duration.ofNanos(Long.MAX_VALUE >> 1)) > 0) {
      return NO_DEADLINE;
    }
    long nanos = limit.isNegative() ? 0 : limit.toNanos();
    long deadline = clock.nanoTime() + nanos;
    return deadline == NO_DEADLINE ? deadline - 1 : deadline;
  }

  /** Waits until a token is cancelled; says whether it is. Ends with the calling task's own token as well. */
  static boolean forCancel(TokenNode token, PoolClock clock, long deadlineNanos) throws InterruptedException {
    if (token == Current.token()) {
      return until(token, clock, deadlineNanos, token); // that listens to it
    }
    Attachments.WaitingThread entry = new Attachments.WaitingThread(Thread.currentThread());
    TokenGraph.attach(token, entry);
    try {
      return until(token, clock, deadlineNanos, token);
    } finally {
      TokenGraph.detach(token, entry);
    }
  }

  /**
   * Waits until a condition holds, and says whether it does; false means that the deadline came first.
   *
   * @throws CancelledException if the calling task's own token is cancelled first
   */
  static boolean until(Object blocker, PoolClock clock, long deadlineNanos, BooleanSupplier condition)
      throws InterruptedException {
    Simulator.step("is about to wait");
    if (condition.getAsBoolean()) {
      return true;
    }
    Stay stay = Current.innermost();
    if (stay == null) {
      return parkUntil(blocker, clock, deadlineNanos, condition, null);
    }
    TokenNode own = stay.token();
    if (stay instanceof TaskImpl<?> task) {
      Rehearsal.maybe(task, blocker, clock);
      return parkInTask(task, blocker, clock, deadlineNanos, condition);
    }
    Attachments.WaitingThread entry = new Attachments.WaitingThread(Thread.currentThread());
    TokenGraph.attach(own, entry);
    try {
      return parkUntil(blocker, clock, deadlineNanos, condition, own);
    } finally {
      TokenGraph.detach(own, entry);
    }
  }

  /** Parks in the task that the calling thread runs, which is woken as {@link TaskToken} tells. */
  private static boolean parkInTask(
      TaskImpl<?> task, Object blocker, PoolClock clock, long deadlineNanos, BooleanSupplier condition)
      throws InterruptedException {
    task.setWaiting(true);
    try {
      return parkUntil(blocker, clock, deadlineNanos, condition, task.token());
    } finally {
      task.setWaiting(false);
    }
  }

  /**
   * Parks until a condition holds, the deadline comes or a token is cancelled.
   *
   * @param own null if the thread answers to none
   */
  static boolean parkUntil(
      Object blocker, PoolClock clock, long deadlineNanos, BooleanSupplier condition, @Nullable TokenNode own)
      throws InterruptedException {
    while (!condition.getAsBoolean()) {
      if (own != null && own.isCancelled()) {
        // Where own's cancel is what is waited for, it holds by now.
        if (condition.getAsBoolean()) {
          return true;
        }
        own.throwIfCancelled();
      }
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      if (isPast(clock, deadlineNanos)) {
        return false;
      }
      Simulator.step("has looked, is about to park");
      park(blocker, clock, deadlineNanos, false);
    }
    return true;
  }

  /** Waits as {@link #until} does, through cancels and interrupts; the interrupt status is restored at the end. */
  static boolean throughAll(Object blocker, PoolClock clock, long deadlineNanos, BooleanSupplier condition) {
    return throughAll(blocker, clock, deadlineNanos, false, condition);
  }

  /** Waits as {@link #throughAll} does; at the deadline the caller only tells something, and waits on. */
  static boolean throughAllToTell(Object blocker, PoolClock clock, long deadlineNanos, BooleanSupplier condition) {
    return throughAll(blocker, clock, deadlineNanos, true, condition);
  }

  private static boolean throughAll(
      Object blocker, PoolClock clock, long deadlineNanos, boolean tells, BooleanSupplier condition) {
    boolean interrupted = false;
    try {
      while (!condition.getAsBoolean()) {
        if (isPast(clock, deadlineNanos)) {
          return false;
        }
        Simulator.step("has looked, is about to park");
        park(blocker, clock, deadlineNanos, tells);
        interrupted |= Thread.interrupted();
      }
      return true;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  static void unpark(@Nullable Thread thread) {
    LockSupport.unpark(thread);
  }

  /**
   * Starts work of the library for those of a pool: on a thread of it, or of the shared one if it has closed, or if
   * others could keep its threads so that this work waits for them.
   */
  static void start(CarrierPool pool, String threadName, Runnable work) {
    if (pool.isVirtual()) {
      try {
        pool.start(threadName, work);
        return;
      } catch (RejectedExecutionException closed) {
        // As good on the shared one.
      }
    }
    CarrierPool.shared().start(threadName, work);
  }

  static boolean isPast(PoolClock clock, long deadlineNanos) {
    return deadlineNanos != NO_DEADLINE && clock.nanoTime() - deadlineNanos >= 0;
  }

  private static void park(Object blocker, PoolClock clock, long deadlineNanos, boolean tells) {
    if (deadlineNanos == NO_DEADLINE) {
      clock.park(blocker);
    } else if (tells) {
      clock.parkToTellAt(blocker, deadlineNanos);
    } else {
      clock.parkUntil(blocker, deadlineNanos);
    }
  }
}
