// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * {@link System#nanoTime} as it was a few milliseconds ago, for one load. A thread writes it down; it ends after a while, and
 * is started again by whoever asks next.
 */
final class CoarseTime {
  /*
   *   from      to        by                          how
   *   ASLEEP    TICKING   who asks and finds ASLEEP   CAS of LAST; starts the ticker
   *   TICKING   TICKING   the ticker                  sets LAST
   *   TICKING   ASLEEP    the ticker, as its last     sets LAST
   *
   * C1  At most one ticker writes: the CAS has one winner, and a ticker writes nothing after it has set ASLEEP.
   * C2  Nobody ever waits here. Who asks gets a time that was 'now' at some instant between the start of a ticker and now:
   *     one tick ago, or longer by what the machine kept the ticker waiting.
   */
  private static final long ASLEEP = 0;
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  /** For how many ticks one ticker lives: a server in which nobody enters anything has none. */
  private static final int TICKS = 200;

  private static final AtomicLong LAST = new AtomicLong(ASLEEP);

  private CoarseTime() {}

  static long nanoTime() {
    long time = LAST.get();
    return time == ASLEEP ? wake() : time;
  }

  private static long wake() {
    long now = exact();
    if (LAST.compareAndSet(ASLEEP, now)) {
      start();
    }
    return now;
  }

  private static void start() {
    try {
      Thread.ofPlatform()
          .daemon()
          .inheritInheritableThreadLocals(false)
          .name("tidegate-clock")
          .start(CoarseTime::tick);
    } catch (Throwable noThread) {
      LAST.set(ASLEEP); // each asks the machine's own clock until there is a thread again
    }
  }

  private static void tick() {
    for (int i = 0; i < TICKS; i++) {
      LockSupport.parkNanos(CoarseTime.class, TICK_NANOS);
      LAST.set(exact());
    }
    LAST.set(ASLEEP);
  }

  /** The machine's clock, past the one value that stands for none. */
  private static long exact() {
    long now = System.nanoTime();
    return now == ASLEEP ? 1 : now;
  }
}
