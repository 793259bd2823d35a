// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import io.tidegate.CancellationToken;
import io.tidegate.Registration;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says that an iteration still runs, each period, until it ends. */
/*
 * The monitor guards all fields; timers are made and withdrawn outside of it. A period is a token of its own with that
 * time-out: its cancel callback says the line and arms the next one, unless the iteration has ended. end() withdraws the
 * callback, and with it goes the thread that waits for the time-out; a callback that runs already finds 'ended'.
 */
final class OverrunWatch {
  private static final Logger log = LoggerFactory.getLogger(Ticker.class);

  private final String name;
  private final Duration period;
  private long periods;
  private boolean ended;
  private @Nullable Registration timer;

  private OverrunWatch(String name, Duration period) {
    this.name = name;
    this.period = period;
  }

  static OverrunWatch start(String name, Duration period) {
    OverrunWatch watch = new OverrunWatch(name, period);
    watch.arm(0);
    return watch;
  }

  private void arm(long number) {
    // Of a token of its own, so that nothing but the time ends it: also an iteration that hears no cancel is told of.
    Registration next = CancellationToken.create().withTimeout(period).onCancel(this::periodIsOver);
    if (!keeps(next, number)) {
      next.close();
    }
  }

  /** Keeps a timer to be withdrawn; false if it is withdrawn at once. One whose period is over does not replace the next. */
  private synchronized boolean keeps(Registration next, long number) {
    if (number == periods) {
      timer = next;
    }
    return !ended;
  }

  private void periodIsOver() {
    long number = countIfRunning();
    if (number > 0) {
      log.info("an iteration of {} is still running after {}", name, period.multipliedBy(number));
      arm(number);
    }
  }

  /** Counts a period; 0 if the iteration has ended. */
  private synchronized long countIfRunning() {
    periods++;
    return ended ? 0 : periods;
  }

  void end() {
    Registration last;
    synchronized (this) {
      ended = true;
      last = timer;
    }
    if (last != null) {
      last.close();
    }
  }
}
