// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh.peer;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;

/** Bare virtual threads: started, interrupted and joined by hand. */
public final class BareThreads {
  private final List<Thread> threads = new ArrayList<>();

  /** Starts one that parks until it is interrupted. */
  public void startParked(ThreadFactory factory) {
    start(factory, () -> {
      while (!Thread.currentThread().isInterrupted()) {
        LockSupport.park();
      }
    });
  }

  /** Starts one that does some work. */
  public void start(ThreadFactory factory, Runnable work) {
    Thread thread = factory.newThread(work);
    threads.add(thread);
    thread.start();
  }

  /** Interrupts all that were started. */
  public void interrupt() {
    for (Thread thread : threads) {
      thread.interrupt();
    }
  }

  /** Waits until all that were started have ended. */
  public void join() throws InterruptedException {
    for (Thread thread : threads) {
      thread.join();
    }
  }
}
