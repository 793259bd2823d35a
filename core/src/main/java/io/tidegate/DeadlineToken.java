// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.CarrierPool;
import io.tidegate.carrier.PoolClock;
import io.tidegate.carrier.Simulator;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A token with a deadline.
 *
 * <p>Whoever asks compares the clock. Only while somebody waits or listens is there a thread that waits for the deadline.
 */
final class DeadlineToken extends PlainToken {
  private final PoolClock clock;
  private final CarrierPool pool;
  private final Duration timeout;
  private final long deadlineNanos;
  /** Who set the deadline. */
  private final String source;
  /** Guarded by the monitor of the attachments. */
  private @Nullable Watch watch;

  DeadlineToken(TokenNode parent, Duration timeout, CarrierPool pool) {
    super(parent);
    this.pool = pool;
    this.clock = pool.clock();
    this.timeout = timeout;
    this.deadlineNanos = Waiting.deadline(clock, timeout);
    this.source = Current.source();
  }

  @Override
  boolean isDue() {
    return deadlineNanos != Waiting.NO_DEADLINE && clock.nanoTime() - deadlineNanos >= 0;
  }

  @Override
  boolean settle(@Nullable Cancel inherited) {
    if (!isDue()) {
      return super.settle(inherited);
    }
    CancelReason own = ownReason();
    if (inherited == null || isLaterDeadline(inherited.reason(), own)) {
      boolean first = mark(Cancel.now(own));
      if (first) {
        TokenCancel.tell(this, own);
      }
      return first;
    }
    return super.settle(inherited);
  }

  @Override
  void attached() {
    if (deadlineNanos != Waiting.NO_DEADLINE) {
      watch = new Watch();
      Waiting.start(pool, "deadline", watch);
    }
  }

  @Override
  void detached() {
    if (watch != null) {
      watch.end();
      watch = null;
    }
  }

  private CancelReason ownReason() {
    Instant passedAt = clock.now().minusNanos(clock.nanoTime() - deadlineNanos);
    return new CancelReason(CancelReason.Code.DEADLINE, "no more time after " + timeout, source, passedAt, null);
  }

  /** Whether another deadline, which was looked at first, came later than this one. */
  private static boolean isLaterDeadline(CancelReason other, CancelReason own) {
    return other.code() == CancelReason.Code.DEADLINE && other.at().isAfter(own.at());
  }

  /** Waits for the deadline, or for its own end. */
  private final class Watch implements Runnable {
    private volatile boolean ended;
    private volatile @Nullable Thread thread;

    @Override
    public void run() {
      // Set before 'ended' is read; end() sets that before it reads this: one of the two sees the other.
      thread = Thread.currentThread();
      Simulator.step("watches a deadline");
      while (!ended && !isDue()) {
        clock.parkUntil(DeadlineToken.this, deadlineNanos);
      }
      if (!ended) {
        currentCancel();
      }
    }

    void end() {
      ended = true;
      Waiting.unpark(thread);
    }
  }
}
