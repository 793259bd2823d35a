// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.time.Instant;

/**
 * The clock of a pool's threads: what time it is, and how to wait for a later one.
 *
 * <p>All blocking of the library goes through {@link #park} and {@link #parkUntil}, so a pool that runs in virtual time
 * only needs a clock of its own.
 *
 * <p><b>Threads:</b> safe for use by any thread; {@code park} and {@code parkUntil} block the calling one.
 */
public interface PoolClock {
  /** {@return the current value of a monotonic clock with an arbitrary origin, in nanoseconds} */
  long nanoTime();

  /**
   * {@return {@link #nanoTime}, or what that was a while ago} For stamps that people read, of which many are taken: the
   * machine's clock answers with a time of about ten milliseconds ago at most, or earlier while its processors are too busy.
   */
  default long coarseNanoTime() {
    return nanoTime();
  }

  /** {@return the current wall-clock time} */
  Instant now();

  /**
   * Parks the calling thread until it is unparked or interrupted, or for no reason.
   *
   * @param blocker the object that is waited for, as {@link java.util.concurrent.locks.LockSupport#getBlocker} shows it
   */
  void park(Object blocker);

  /**
   * Parks the calling thread as {@link #park} does, and no longer than until {@link #nanoTime} has reached a value.
   *
   * @param blocker the object that is waited for
   * @param deadlineNanos the value of {@code nanoTime} at which to return, compared by difference; a past one returns at
   *     once
   */
  void parkUntil(Object blocker, long deadlineNanos);

  /**
   * Parks the calling thread as {@link #parkUntil} does, for a thread that only tells something at that time and goes on
   * waiting. A clock of virtual time need not come to it: where nothing else can happen any more, it takes the thread
   * for one that waits without a limit.
   *
   * @param blocker the object that is waited for
   * @param timeNanos the value of {@code nanoTime} at which to return
   */
  default void parkToTellAt(Object blocker, long timeNanos) {
    parkUntil(blocker, timeNanos);
  }
}
