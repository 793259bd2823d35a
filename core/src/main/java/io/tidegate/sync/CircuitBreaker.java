// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import io.tidegate.CancellationToken;
import io.tidegate.TaskBody;
import io.tidegate.Waiter;
import io.tidegate.carrier.PoolClock;
import io.tidegate.carrier.Simulator;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops trying what keeps failing, for a time.
 *
 * {@snippet class="io.tidegate.sync.Snippets" region="breaker"}
 *
 * <p>After some failures in a row it opens: work is refused without being tried. After a period it lets one caller try:
 * if that succeeds it closes, and if it fails it is open for another period.
 *
 * <p><b>A cancel is no failure</b>, and no success: whatever the work throws while its token is cancelled, a
 * {@link io.tidegate.CancelledException}, a {@link io.tidegate.ClosedException} or an interrupt leaves the breaker as
 * it was; a try that ended so is left to the next caller. A deadline of the work's own is a failure.
 *
 * <p>It never waits. Opening is logged at ERROR, closing again at INFO.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
public final class CircuitBreaker {
  private static final Logger log = LoggerFactory.getLogger(CircuitBreaker.class);

  /** Whether work is let through. */
  public enum State {
    /** All work is let through. */
    CLOSED,
    /** No work is let through until the period is over. */
    OPEN,
    /** The period is over: one caller may try, or does. */
    HALF_OPEN
  }

  /*
   *   from        to          by
   *   CLOSED      OPEN        the last one of 'limit' failures in a row
   *   OPEN        HALF_OPEN   the clock: nobody has to do anything
   *   HALF_OPEN   CLOSED      the success of whoever tries
   *   HALF_OPEN   OPEN        its failure
   *
   * OPEN and HALF_OPEN are 'lastFailure' being set, told apart by the clock. The lock guards all fields.
   *
   * I1  In HALF_OPEN at most one caller tries: 'trying' is taken and given back under the lock, in a finally.
   * I2  What callers report that were let in before the breaker opened changes nothing while it is open: only the one
   *     that tries may close it.
   */
  private final String name;
  private final int limit;
  private final Duration period;
  private final Object lock = new Object();
  private int failures;
  /** Set while the breaker is not closed. */
  private @Nullable Exception lastFailure;
  private long openedNanos;
  private boolean trying;

  private CircuitBreaker(String name, int limit, Duration period) {
    this.name = Objects.requireNonNull(name, "name");
    this.limit = limit;
    this.period = Objects.requireNonNull(period, "period");
  }

  /**
   * {@return a new breaker, closed}
   *
   * @param name what it protects, for messages
   * @param failures how many failures in a row open it, at least 1
   * @param period how long it stays open, by the clock of the calling task's pool
   * @throws IllegalArgumentException if {@code failures} is less than 1, or the period negative
   */
  public static CircuitBreaker of(String name, int failures, Duration period) {
    if (failures < 1 || period.isNegative()) {
      throw new IllegalArgumentException("breaker " + name + " after " + failures + " failures for " + period);
    }
    return new CircuitBreaker(name, failures, period);
  }

  /**
   * Does work, unless the breaker is open.
   *
   * @param work what to do, in the calling thread
   * @param token what the work answers to; it gets it
   * @param <T> the type of the result
   * @return what the work returned
   * @throws CircuitOpenException if the breaker is open, or another caller tries; with the last failure as the cause
   * @throws io.tidegate.CancelledException if the token, or the calling task's own, is cancelled: before the work
   *     starts, or while it threw, with what it threw as suppressed
   * @throws Exception if the work threw it
   */
  public <T extends @Nullable Object> T call(TaskBody<? extends T> work, CancellationToken token) throws Exception {
    Objects.requireNonNull(work, "work");
    Waiter caller = Waiter.on(this, token);
    caller.throwIfCancelled();
    Simulator.step("is about to ask a breaker");
    boolean tries = letIn();
    try {
      T result = work.call(token);
      succeeded(tries);
      return result;
    } catch (Exception thrown) {
      Outcome.throwIfCancelled(caller, thrown);
      if (!Outcome.isEnd(thrown)) {
        failed(thrown, tries);
      }
      throw thrown;
    } finally {
      if (tries) {
        endTry();
      }
    }
  }

  /** {@return whether work is let through now} */
  public State state() {
    PoolClock clock = Waiter.clock();
    synchronized (lock) {
      return state(clock);
    }
  }

  /** {@return how many failures in a row were seen; 0 after a success} */
  public int failures() {
    synchronized (lock) {
      return failures;
    }
  }

  /** Lets a caller in, or throws; says whether it is the one that tries. */
  private boolean letIn() {
    PoolClock clock = Waiter.clock();
    synchronized (lock) {
      State state = state(clock);
      if (state == State.CLOSED) {
        return false;
      }
      if (state == State.OPEN || trying) {
        throw new CircuitOpenException(
            "breaker " + name + " is " + state + " after " + failures + " failures",
            Objects.requireNonNull(lastFailure));
      }
      trying = true;
      return true;
    }
  }

  private State state(PoolClock clock) {
    if (lastFailure == null) {
      return State.CLOSED;
    }
    return clock.nanoTime() - openedNanos < period.toNanos() ? State.OPEN : State.HALF_OPEN;
  }

  private void succeeded(boolean tries) {
    synchronized (lock) {
      if (lastFailure != null && !tries) {
        return;
      }
      failures = 0;
      lastFailure = null;
    }
    if (tries) {
      log.info("breaker {} is closed again", name);
    }
  }

  private void failed(Exception thrown, boolean tries) {
    long nowNanos = Waiter.clock().nanoTime();
    int count;
    synchronized (lock) {
      if (lastFailure != null && !tries) {
        return;
      }
      failures++;
      count = failures;
      if (count < limit && !tries) {
        return;
      }
      lastFailure = thrown;
      openedNanos = nowNanos;
    }
    log.error("breaker {} is open for {} after {} failures", name, period, count, thrown);
  }

  private void endTry() {
    synchronized (lock) {
      trying = false;
    }
  }

  @Override
  public String toString() {
    return "breaker " + name + " (" + state() + ", " + failures() + " failures)";
  }
}
