// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.PoolClock;
import java.time.Duration;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/**
 * One thread's wait for a condition that other threads bring about: what every wait of this library, and a wait of
 * one's own, is built on.
 *
 * <p>The protocol loses no wake-up if both sides keep to their order:
 * <ol>
 *   <li>The waiting thread makes a waiter, <i>publishes</i> it where the other side will look, and then calls
 *       {@code await}, which looks at the condition before it blocks.
 *   <li>The other side <i>changes the state</i> that the condition reads, then looks for published waiters, then calls
 *       {@link #wake}.
 *   <li>However the wait ends, the waiting thread takes its waiter back out of that place: in a {@code finally}.
 * </ol>
 *
 * {@snippet class="io.tidegate.Snippets" region="waiter"}
 *
 * <p>The state and the place where waiters are published must both be volatile, or be guarded by one lock. Hold no lock
 * while in {@code await}, and rather none in {@code wake}. The condition may take locks, also those that park the thread.
 *
 * <p><b>Threads:</b> {@code await} is for the thread that made the waiter, {@code wake} for any. A waiter may be used
 * for one wait after the other.
 *
 * <p><b>Memory consistency effects:</b> none but those of the condition's own reads.
 *
 * <p><b>Not promised:</b> how often the condition is looked at: it may be evaluated any number of times, so it must
 * have no effects, and be cheap.
 */
public final class Waiter {
  /*
   * A condition may look at several things, and a lock that it takes in between may park: that park takes the permit of a
   * wake which tells of something it has looked at before. So a wake is written down as well.
   *
   * No lost wake-up: wake sets 'woken' and then unparks; holds() reads it after the last look that found nothing. A wake that
   * it does not see there has its unpark still to come, and no park lies between that read and the park of the wait. A wake
   * that it clears has changed the state before the look that follows. Twin: WaiterRaceTest.
   */
  private final Thread thread = Thread.currentThread();
  private final Object awaited;
  private final TokenNode token;
  /** Whether somebody has called wake since it was last cleared, by the waiting thread. */
  private volatile boolean woken;
  /** Whether the condition held when it was last looked at; the waiting thread only. */
  private boolean held;

  private Waiter(Object awaited, TokenNode token) {
    this.awaited = awaited;
    this.token = token;
  }

  /**
   * {@return a waiter for the calling thread}
   *
   * @param awaited what is waited for: holders of gates and thread dumps show it as what the thread is blocked on
   * @param token ends the waits when it is cancelled, as the calling task's own token does in any case
   */
  public static Waiter on(Object awaited, CancellationToken token) {
    return new Waiter(Objects.requireNonNull(awaited, "awaited"), (TokenNode) Objects.requireNonNull(token, "token"));
  }

  /** {@return the clock by which the calling thread waits: that of its task's pool} */
  public static PoolClock clock() {
    return Current.clock();
  }

  /**
   * Waits until a condition holds. A cancel goes first: where the token is cancelled already, this throws though the
   * condition may hold. One that comes during the wait may find that the condition holds as well, which then counts.
   *
   * @param condition what to wait for; looked at in this thread after every {@link #wake}, and at any other time
   * @throws CancelledException if the waiter's token, or the calling task's own, is cancelled
   * @throws InterruptedException if the thread is interrupted before the condition holds
   * @throws IllegalStateException if the caller is not the thread that made the waiter
   */
  public void await(BooleanSupplier condition) throws InterruptedException {
    await(Waiting.NO_DEADLINE, Current.clock(), condition);
  }

  /**
   * Waits as {@link #await(BooleanSupplier)} does, and no longer than for a time.
   *
   * @param limit how long at most, by the clock of the calling task's pool; with zero or less it only looks
   * @param condition what to wait for
   * @return whether the condition holds; false if the time is over
   * @throws CancelledException if the waiter's token, or the calling task's own, is cancelled
   * @throws InterruptedException if the thread is interrupted before the condition holds
   * @throws IllegalStateException if the caller is not the thread that made the waiter
   */
  public boolean await(Duration limit, BooleanSupplier condition) throws InterruptedException {
    PoolClock clock = Current.clock();
    return await(Waiting.deadline(clock, limit), clock, condition);
  }

  /** {@return whether a cancel ends the waits of the calling thread: of the waiter's token, or of the task's own} */
  public boolean isCancelled() {
    TokenNode own = Current.token();
    return token.isCancelled() || (own != null && own.isCancelled());
  }

  /**
   * Throws if a cancel ends the waits of the calling thread, as {@code await} does first of all.
   *
   * @throws CancelledException if the waiter's token, or the calling task's own, is cancelled
   */
  public void throwIfCancelled() {
    token.throwIfCancelled();
    TokenNode own = Current.token();
    if (own != null) {
      own.throwIfCancelled();
    }
  }

  /** Lets the waiting thread look at its condition again. Never blocks; a wake before the wait is not lost. */
  public void wake() {
    woken = true;
    Waiting.unpark(thread);
  }

  private boolean await(long deadlineNanos, PoolClock clock, BooleanSupplier condition) throws InterruptedException {
    Objects.requireNonNull(condition, "condition");
    if (Thread.currentThread() != thread) {
      throw new IllegalStateException(this + " is awaited by " + Thread.currentThread());
    }
    throwIfCancelled();
    if (token == Current.token() || token == PlainToken.NONE) {
      return Waiting.until(awaited, clock, deadlineNanos, () -> holds(condition)); // that one listens to the task's own
    }
    Attachments.WaitingThread entry = new Attachments.WaitingThread(thread);
    TokenGraph.attach(token, entry);
    try {
      return awaitConditionOrCancel(deadlineNanos, clock, condition);
    } finally {
      TokenGraph.detach(token, entry);
    }
  }

  private boolean holds(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      if (!woken) {
        return false;
      }
      woken = false;
    }
    return true;
  }

  private boolean awaitConditionOrCancel(long deadlineNanos, PoolClock clock, BooleanSupplier condition)
      throws InterruptedException {
    held = false;
    boolean inTime = Waiting.until(awaited, clock, deadlineNanos, () -> {
      held = holds(condition);
      return held || token.isCancelled();
    });
    if (inTime && !held) {
      token.throwIfCancelled();
    }
    return held;
  }

  @Override
  public String toString() {
    return "waiter of " + thread + " on " + awaited;
  }
}
