// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A thread beside the test's own; what it throws fails the test that joins it. */
public final class SideThread {
  private final AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
  private final Thread thread;

  private SideThread(CloseStep body) {
    thread = Thread.ofVirtual().unstarted(() -> {
      try {
        body.run();
      } catch (Throwable t) {
        thrown.set(t);
      }
    });
  }

  public static SideThread start(CloseStep body) {
    SideThread side = new SideThread(body);
    side.thread.start();
    return side;
  }

  /** Starts a thread and returns when it is parked. */
  public static SideThread startParked(CloseStep body) {
    SideThread side = start(body);
    Blocked.until(side.thread);
    return side;
  }

  public Thread thread() {
    return thread;
  }

  public boolean isAlive() {
    return thread.isAlive();
  }

  public void join() throws InterruptedException {
    thread.join();
    Throwable t = thrown.get();
    if (t != null) {
      throw new AssertionError("a side thread failed", t);
    }
    assertTrue(!thread.isAlive());
  }

  /** Yields until a condition holds. */
  public static void until(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      LockSupport.parkNanos(20_000); // lets the others run
    }
  }
}
