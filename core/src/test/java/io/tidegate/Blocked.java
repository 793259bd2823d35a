// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/** Waits until a thread is seen parked. */
public final class Blocked {
  private Blocked() {}

  /** Returns when the thread is parked, with or without a limit; fails if it ends. */
  public static void until(Thread thread) {
    while (true) {
      switch (thread.getState()) {
        case WAITING, TIMED_WAITING -> {
          return;
        }
        case TERMINATED -> throw new AssertionError(thread + " has ended, and was expected to park");
        default -> LockSupport.parkNanos(20_000); // lets the others run
      }
    }
  }

  /** Returns when the thread is seen inside a method; fails if it ends. */
  public static void in(Thread thread, Class<?> type, String method) {
    while (!isIn(thread, type.getName(), method)) {
      if (thread.getState() == Thread.State.TERMINATED) {
        throw new AssertionError(thread + " has ended, and was expected in " + type.getName() + "." + method);
      }
      LockSupport.parkNanos(20_000); // lets the others run
    }
  }

  private static boolean isIn(Thread thread, String type, String method) {
    return Arrays.stream(thread.getStackTrace())
        .anyMatch(frame -> frame.getClassName().equals(type) && frame.getMethodName().equals(method));
  }
}
