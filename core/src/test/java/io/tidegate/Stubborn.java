// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** A task that is inside its scope until it is released; it hears no cancel. */
final class Stubborn implements TaskAction, TaskBody<String> {
  private final CountDownLatch inside = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);
  /** Written before 'inside' is counted down. */
  private @Nullable Thread thread;

  static Stubborn in(Scope scope) throws InterruptedException {
    Stubborn stubborn = new Stubborn();
    scope.spawn(Work.READ, stubborn);
    stubborn.awaitInside();
    return stubborn;
  }

  @Override
  public void run(CancellationToken token) {
    thread = Thread.currentThread();
    inside.countDown();
    boolean interrupted = false;
    while (released.getCount() > 0) {
      try {
        released.await();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public String call(CancellationToken token) {
    run(token);
    return "released";
  }

  /** Returns when it is inside and parked. */
  void awaitInside() throws InterruptedException {
    inside.await();
    Blocked.until(Objects.requireNonNull(thread));
  }

  void release() {
    released.countDown();
  }
}
