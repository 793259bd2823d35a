// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * What a thread made by the factory of a pool of platform threads runs: it has its body run by one of those, when it is
 * its turn, and lives until that has ended. What the body throws comes out here; an interrupt is passed on to it.
 */
final class StandIn implements Runnable {
  /*
   * An interrupt is passed on while 'runner' is set, under the monitor; so none comes to what that thread runs next.
   * One that comes before is kept for when it is set.
   */
  private final PoolThreads pool;
  private final Runnable body;
  private final CountDownLatch ended = new CountDownLatch(1);

  /** Written by the runner before 'ended', then read by the stand-in. */
  private @Nullable Throwable thrown;

  /** Guarded by this object's monitor. */
  private @Nullable Thread runner;

  private boolean interrupted;

  StandIn(PoolThreads pool, Runnable body) {
    this.pool = pool;
    this.body = body;
  }

  @Override
  public void run() {
    pool.startUncounted(Thread.currentThread().getName(), this::runBody);
    while (!hasEnded()) {
      passInterruptOn();
    }
    if (thrown != null) {
      throw StandIn.<RuntimeException>unchecked(thrown);
    }
  }

  private boolean hasEnded() {
    try {
      // Woken by the runner, in runBody.
      ended.await();
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  private void runBody() {
    begin();
    try {
      body.run();
    } catch (Throwable uncaught) {
      thrown = uncaught;
    } finally {
      end();
      ended.countDown();
    }
  }

  private synchronized void begin() {
    runner = Thread.currentThread();
    if (interrupted) {
      runner.interrupt();
    }
  }

  private synchronized void end() {
    runner = null;
  }

  private synchronized void passInterruptOn() {
    interrupted = true;
    if (runner != null) {
      runner.interrupt();
    }
  }

  /** The body is a Runnable: what it throws needs no declaration, whatever it is. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <T extends Throwable> T unchecked(Throwable thrown) {
    return (T) thrown;
  }
}
