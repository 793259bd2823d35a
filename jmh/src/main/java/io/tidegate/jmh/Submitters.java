// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Virtual threads that do what is measured: who spawns in a server is a task itself. */
final class Submitters {
  private Submitters() {}

  /** What one of them does. */
  @FunctionalInterface
  interface Work {
    void run() throws Throwable;
  }

  /** Has so many threads of a factory do some work at the same time, and waits until they have. */
  static void run(ThreadFactory factory, int number, Work work) throws InterruptedException {
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    Thread[] threads = new Thread[number];
    for (int i = 0; i < number; i++) {
      threads[i] = factory.newThread(() -> {
        try {
          work.run();
        } catch (Throwable failed) {
          failure.set(failed);
        }
      });
      threads[i].start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    if (failure.get() != null) {
      throw new IllegalStateException("the measured work failed", failure.get());
    }
  }
}
