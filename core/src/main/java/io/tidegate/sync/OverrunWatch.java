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
 * The monitor guards both fields. A period is a token of its own with that time-out: its cancel callback says the line
 * and arms the next one, unless the iteration has ended. end() withdraws the callback, and with it goes the thread that
 * waits for the time-out; a callback that runs already finds 'ended'.
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
    watch.arm();
    return watch;
  }

  private synchronized void arm() {
    if (!ended) {
      // Of a token of its own, so that nothing but the time ends it: also an iteration that hears no cancel is told of.
      timer = CancellationToken.create().withTimeout(period).onCancel(this::periodIsOver);
    }
  }

  private void periodIsOver() {
    if (countIfRunning()) {
      log.info("an iteration of {} is still running after {}", name, period.multipliedBy(periods));
      arm();
    }
  }

  private synchronized boolean countIfRunning() {
    periods++;
    return !ended;
  }

  synchronized void end() {
    ended = true;
    if (timer != null) {
      timer.close();
    }
  }
}
