// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

/** Waits that go on through interrupts, and restore the interrupt status when they end. */
final class Uninterrupted {
  /** A wait that may be interrupted, and then begun again. */
  interface Wait {
    void await() throws InterruptedException;
  }

  /** A wait with a result that may be interrupted, and then begun again. */
  interface ResultWait<T> {
    T await() throws InterruptedException;
  }

  private Uninterrupted() {}

  static void run(Wait wait) {
    boolean over = call(() -> {
      wait.await();
      return true;
    });
    assert over;
  }

  static <T> T call(ResultWait<T> wait) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return wait.await();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
