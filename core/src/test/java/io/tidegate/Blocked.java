// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.concurrent.locks.LockSupport;

/** Waits until a thread is seen parked. */
final class Blocked {
  private Blocked() {}

  /** Returns when the thread is parked, with or without a limit; fails if it ends. */
  static void until(Thread thread) {
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
}
