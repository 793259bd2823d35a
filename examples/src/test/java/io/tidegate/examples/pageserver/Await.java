// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import static org.junit.jupiter.api.Assertions.fail;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Waits in tests for what another process or thread is about to do. */
public final class Await {
  /** Only turns a hang into a failure: a busy machine may take long. */
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Duration PAUSE = Duration.ofMillis(1);

  private Await() {}

  /** Asks until the condition holds, with pauses in between; fails after two minutes. */
  public static void until(String what, Callable<Boolean> condition) throws Exception {
    long start = System.nanoTime();
    while (!condition.call()) {
      if (System.nanoTime() - start > LIMIT.toNanos()) {
        fail("still not: " + what);
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }

  /** Waits until the thread is parked, as in a blocking read. */
  public static void untilParked(Thread thread) throws Exception {
    until(thread + " is parked", () -> thread.getState() == Thread.State.WAITING);
  }
}
