// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** Waits of tests: for what is seen, not for time to pass. The limit only turns a hang into a failure. */
final class Await {
  static final Duration LIMIT = Duration.ofMinutes(1);

  private static final Set<Thread.State> PARKED =
      EnumSet.of(Thread.State.BLOCKED, Thread.State.WAITING, Thread.State.TIMED_WAITING);

  private Await() {}

  @SuppressWarnings("ThreadPriorityCheck") // yielding is only politeness here
  static void until(String what, BooleanSupplier condition) {
    long startNanos = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - startNanos > LIMIT.toNanos()) {
        throw new AssertionError("Not seen within " + LIMIT + ": " + what);
      }
      Thread.yield();
    }
  }

  /** Waits until the thread is seen parked, blocked or waiting. */
  static void parked(Thread thread) {
    until(thread + " parked", () -> PARKED.contains(thread.getState()));
  }

  static void ended(Thread thread) {
    try {
      if (!thread.join(LIMIT)) {
        throw new AssertionError("Still alive after " + LIMIT + ": " + thread + " " + thread.getState());
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
