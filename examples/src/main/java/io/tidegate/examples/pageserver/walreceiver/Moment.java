// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.walreceiver;

import io.tidegate.Waiter;
import io.tidegate.carrier.PoolClock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * A point in time: by the monotonic clock, to measure from, and by the wall clock, to be shown.
 *
 * @param nanos the value of the monotonic clock
 * @param at the wall-clock time
 */
public record Moment(long nanos, Instant at) {
  /** {@return the present, by the clock of the calling task's pool} */
  static Moment now() {
    PoolClock clock = Waiter.clock();
    return new Moment(clock.nanoTime(), clock.now());
  }

  /** {@return the time from an earlier moment to this one; negative if it is a later one} */
  public Duration since(Moment earlier) {
    return Duration.ofNanos(nanos - earlier.nanos);
  }

  /** {@return the moment a time later} */
  Moment plus(Duration time) {
    return new Moment(nanos + time.toNanos(), at.plus(time));
  }

  /** Shows the wall clock's time, to the millisecond. */
  @Override
  public String toString() {
    return at.truncatedTo(ChronoUnit.MILLIS).toString();
  }

  /** {@return the later one of this and another} */
  Moment orLater(Moment other) {
    return nanos - other.nanos < 0 ? other : this;
  }
}
