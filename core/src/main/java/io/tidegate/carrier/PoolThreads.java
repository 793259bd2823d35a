// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;

/** The factory of one pool's threads, and the count of those that have not ended. Safe for use by any thread. */
final class PoolThreads implements ThreadFactory {
  /** Whose thread this is; never set on a thread that no named pool made. */
  private static final ThreadLocal<CarrierPool> POOL = new ThreadLocal<>();

  /** Entered by whoever makes a thread, left by that thread as the last of what it does. */
  private final Turnstile turnstile = new Turnstile();

  private final CarrierPool pool;
  private final ThreadFactory jvm;

  PoolThreads(CarrierPool pool, ThreadFactory jvm) {
    this.pool = pool;
    this.jvm = jvm;
  }

  static CarrierPool poolOfThisThread() {
    CarrierPool pool = POOL.get();
    return pool == null ? SharedPool.INSTANCE : pool;
  }

  @Override
  public Thread newThread(Runnable body) {
    Objects.requireNonNull(body);
    if (!turnstile.enter()) {
      throw new RejectedExecutionException("Carrier pool \"" + pool.name() + "\" is closed or closing");
    }
    Thread thread = null;
    try {
      thread = jvm.newThread(() -> run(body));
      return thread;
    } finally {
      if (thread == null) {
        turnstile.leave();
      }
    }
  }

  void refuseNew() {
    turnstile.shut();
  }

  void awaitNone() throws InterruptedException {
    turnstile.awaitEmpty();
  }

  boolean isRefusing() {
    return turnstile.isShut();
  }

  long started() {
    return turnstile.admitted();
  }

  long completed() {
    return turnstile.departed();
  }

  private void run(Runnable body) {
    if (pool != SharedPool.INSTANCE) {
      POOL.set(pool);
    }
    try {
      body.run();
    } catch (Throwable uncaught) {
      tell(uncaught);
    } finally {
      turnstile.leave();
    }
  }

  /** Does what the JVM would do, but while the thread still counts: a handler is code of the thread, too. */
  @SuppressWarnings("EmptyCatch") // the JVM ignores it as well
  private static void tell(Throwable uncaught) {
    Thread thread = Thread.currentThread();
    try {
      thread.getUncaughtExceptionHandler().uncaughtException(thread, uncaught);
    } catch (Throwable handlersOwn) {
      // As specified by Thread.UncaughtExceptionHandler.
    }
  }
}
