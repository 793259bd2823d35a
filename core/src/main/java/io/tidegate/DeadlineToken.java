// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.CarrierPool;
import io.tidegate.carrier.PoolClock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A token with a deadline.
 *
 * <p>Whoever asks compares the clock. Only while somebody waits or listens is there a thread that waits for the deadline.
 */
final class DeadlineToken extends TokenNode {
  private final PoolClock clock;
  private final CarrierPool pool;
  private final Duration timeout;
  private final long deadlineNanos;
  /** Guarded by the monitor of the attachments. */
  private @Nullable Watch watch;

  DeadlineToken(TokenNode parent, Duration timeout, CarrierPool pool) {
    super(parent);
    this.pool = pool;
    this.clock = pool.clock();
    this.timeout = timeout;
    this.deadlineNanos = Waiting.deadline(clock, timeout);
  }

  @Override
  @Nullable CancelReason ownReason() {
    CancelReason stored = super.ownReason();
    if (stored == null && isDue()) {
      expire();
      stored = super.ownReason();
    }
    return stored;
  }

  @Override
  void attached() {
    if (deadlineNanos != Waiting.NO_DEADLINE) {
      watch = new Watch();
      Waiting.thread(pool, watch).start();
    }
  }

  @Override
  void detached() {
    if (watch != null) {
      watch.end();
      watch = null;
    }
  }

  private boolean isDue() {
    return deadlineNanos != Waiting.NO_DEADLINE && clock.nanoTime() - deadlineNanos >= 0;
  }

  private void expire() {
    // An ancestor's reason was there first if it has one.
    CancelReason inherited = parent(0).currentReason();
    mark(inherited != null ? inherited : CancelReason.of(CancelReason.Code.DEADLINE, "no more time after " + timeout));
    TokenGraph.deliver(this);
  }

  /** Waits for the deadline, or for its own end. */
  private final class Watch implements Runnable {
    private volatile boolean ended;
    private volatile @Nullable Thread thread;

    @Override
    public void run() {
      // Set before 'ended' is read; end() sets that before it reads this: one of the two sees the other.
      thread = Thread.currentThread();
      while (!ended && !isDue()) {
        clock.parkUntil(DeadlineToken.this, deadlineNanos);
      }
      if (!ended) {
        ownReason();
      }
    }

    void end() {
      ended = true;
      Waiting.unpark(thread);
    }
  }
}
