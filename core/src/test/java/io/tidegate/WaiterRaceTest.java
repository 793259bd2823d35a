// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * T2 of {@link Waiter}: why a wake is written down, and is not only an unpark.
 *
 * <p>A condition that looks at two things, each under a lock that parks: the first changes, and its wake comes while the
 * thread parks for the second lock. The twin, which relies on the permit, parks for ever.
 */
class WaiterRaceTest {
  private final AtomicBoolean first = new AtomicBoolean();
  private final AtomicReference<Runnable> waker = new AtomicReference<>();
  /** At which look the wake comes; a wait looks more than once before it parks. */
  private int wakesAt = 1;

  /** Looks at the first; then the wake comes, and what a lock does in {@code lock()} takes its permit; then the second. */
  private boolean looksAtTwoThings() {
    if (first.get()) {
      return true;
    }
    if (--wakesAt == 0) {
      first.set(true);
      waker.get().run();
      LockSupport.park("a lock"); // returns at once, and has taken the permit
    }
    return false;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void await_conditionTakesThePermit_looksAgain(int look) throws Exception {
    wakesAt = look;
    SideThread.start(() -> {
      Waiter waiter = Waiter.on("two things", CancellationToken.none());
      waker.set(waiter::wake);
      waiter.await(this::looksAtTwoThings);
    }).join();
    assertTrue(first.get());
  }

  /** The same in a task, with a token that is not its own, and with a limit. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void await_inTaskWithToken_looksAgain(int look) throws Exception {
    wakesAt = look;
    try (Scope server = Scope.root("server")) {
      Task<Boolean> task = server.fork(token -> {
        Waiter waiter = Waiter.on("two things", CancellationToken.create());
        waker.set(waiter::wake);
        return waiter.await(Duration.ofDays(1), this::looksAtTwoThings);
      });
      task.join();
      assertTrue(task.result());
    }
  }

  /** The twin: the loop over a condition and a park that every wait is, and nothing else. */
  private static void awaitBroken(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      LockSupport.park("two things");
    }
  }

  @Test
  void awaitBroken_conditionTakesThePermit_parksForEver() throws Exception {
    SideThread side = SideThread.start(() -> {
      Thread waiting = Thread.currentThread();
      waker.set(() -> LockSupport.unpark(waiting));
      awaitBroken(this::looksAtTwoThings);
    });
    Blocked.in(side.thread(), WaiterRaceTest.class, "awaitBroken");
    Blocked.until(side.thread());

    // What it waits for is there, and nobody is left who would wake it.
    assertTrue(first.get());
    LockSupport.unpark(side.thread());
    side.join();
  }
}
