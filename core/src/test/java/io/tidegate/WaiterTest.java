// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.carrier.PoolClock;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The contract of {@link Waiter}. */
class WaiterTest {
  private static final Duration DAY = Duration.ofDays(1);

  private final CancellationToken token = CancellationToken.create();
  private final AtomicBoolean open = new AtomicBoolean();
  private final AtomicReference<Waiter> published = new AtomicReference<>();

  @AfterEach
  void nothingIsLeft() {
    Traces.checkNone(token);
  }

  private boolean await(CancellationToken listened, Duration limit) throws InterruptedException {
    Waiter waiter = Waiter.on("latch", listened);
    published.set(waiter);
    return waiter.await(limit, open::get);
  }

  private void open() {
    open.set(true);
    published.get().wake();
  }

  @Test
  void await_conditionHolds_returnsAtOnce() throws Exception {
    open.set(true);
    assertTrue(await(token, Duration.ZERO));
  }

  @Test
  void await_woken_returns() throws Exception {
    SideThread side = SideThread.startParked(() -> assertTrue(await(token, DAY)));
    assertEquals("latch", LockSupport.getBlocker(side.thread()));
    open();
    side.join();
  }

  /** A wake-up that changes nothing is no end. */
  @Test
  void await_wokenForNothing_waitsOn() throws Exception {
    SideThread side = SideThread.startParked(() -> assertTrue(await(token, DAY)));
    published.get().wake();
    Blocked.until(side.thread());
    open();
    side.join();
  }

  /** The wake comes between the publishing and the wait: the first look finds the change. */
  @Test
  void await_wokenBefore_isNotLost() throws Exception {
    Waiter waiter = Waiter.on("latch", token);
    published.set(waiter);
    open();
    waiter.await(open::get);
  }

  /** The wake comes after the look and before the park: the park returns at once. */
  @Test
  void await_wokenAfterItsLook_isNotLost() throws Exception {
    Waiter waiter = Waiter.on("latch", token);
    published.set(waiter);
    AtomicBoolean looked = new AtomicBoolean();
    waiter.await(() -> {
      boolean seen = open.get();
      if (looked.compareAndSet(false, true)) {
        open();
      }
      return seen;
    });
    assertTrue(looked.get());
  }

  /** T2: the given token ends the wait, with its reason. */
  @Test
  void await_tokenCancelled_throws() throws Exception {
    SideThread side = SideThread.startParked(
        () -> assertTrue(assertThrows(CancelledException.class, () -> await(token, DAY)).is(token)));
    token.cancel();
    side.join();
  }

  /** T10: a cancel goes first, though the condition holds. */
  @Test
  void await_tokenCancelledBefore_throwsThoughTheConditionHolds() {
    token.cancel();
    open.set(true);
    assertThrows(CancelledException.class, () -> await(token, DAY));
  }

  /** A cancel and the condition in the same instant of the wait: what was waited for has come. */
  @Test
  void await_cancelledAndOpened_returns() throws Exception {
    SideThread side = SideThread.startParked(() -> assertTrue(await(token, DAY)));
    open.set(true);
    token.cancel();
    side.join();
  }

  /** T7: a deadline of the given token is a cancel. */
  @Test
  void await_deadlineOfToken_throws() throws Exception {
    ManualPool pool = new ManualPool();
    try (Scope scope = Scope.root("root")) {
      Task<Boolean> task = scope.fork(pool, own -> await(own.withTimeout(DAY), DAY.multipliedBy(2)));
      pool.clock().awaitSleepers(2);
      pool.clock().advance(DAY);
      task.join();
      CancelledException thrown = (CancelledException) task.exception().orElseThrow();
      assertEquals(CancelReason.Code.DEADLINE, thrown.reason().code());
    }
    pool.awaitAllEnded();
  }

  /** T10: the calling task's own token ends the wait as well. */
  @Test
  void await_ownTokenCancelled_throws() throws Exception {
    Scope scope = Scope.root("root");
    Task<Boolean> task = scope.fork(own -> await(token, DAY));
    SideThread.until(() -> !Traces.isFree(token));
    scope.close();
    assertEquals(Task.State.CANCELLED, task.state());
    assertTrue(((CancelledException) task.exception().orElseThrow()).is(scope.token()));
  }

  /** T10: also when it was cancelled before, though the condition holds. */
  @Test
  void await_ownTokenCancelledBefore_throws() throws Exception {
    CountDownLatch cancelled = new CountDownLatch(1);
    open.set(true);
    try (Scope scope = Scope.root("root")) {
      Task<Boolean> task = scope.fork(own -> {
        cancelled.await();
        return await(token, DAY);
      });
      task.cancel("test");
      cancelled.countDown();
      task.join();
      assertEquals(Task.State.CANCELLED, task.state());
    }
  }

  /** The limit is by the clock of the task's pool. */
  @Test
  void await_limitPasses_isFalse() throws Exception {
    ManualPool pool = new ManualPool();
    try (Scope scope = Scope.root("root")) {
      Task<Boolean> task = scope.fork(pool, own -> {
        assertSame(pool.clock(), Waiter.clock());
        return await(token, DAY);
      });
      pool.clock().awaitSleepers(1);
      pool.clock().advance(DAY);
      task.join();
      assertFalse(task.result());
    }
  }

  /** A cancel callback waits by the clock of the pool that it was registered in. */
  @Test
  void clock_inCallback_isThatOfItsPool() throws Exception {
    ManualPool pool = new ManualPool();
    AtomicReference<PoolClock> seen = new AtomicReference<>();
    try (Scope scope = Scope.root("root")) {
      scope.fork(pool, own -> token.onCancel(() -> seen.set(Waiter.clock()))).join();
      token.cancel();
      SideThread.until(() -> seen.get() != null);
      assertSame(pool.clock(), seen.get());
    }
  }

  @Test
  void await_interrupted_throws() throws Exception {
    SideThread side = SideThread.startParked(() -> {
      assertThrows(InterruptedException.class, () -> await(token, DAY));
      assertFalse(Thread.currentThread().isInterrupted());
    });
    side.thread().interrupt();
    side.join();
  }

  @Test
  void await_ofAnotherThread_isRefused() throws Exception {
    SideThread.start(() -> published.set(Waiter.on("latch", token))).join();
    Waiter ofOther = published.get();
    IllegalStateException refused = assertThrows(IllegalStateException.class, () -> ofOther.await(() -> true));
    assertTrue(refused.toString().contains("latch"), refused::toString);
  }

  /** T4: however waits end, nothing of them stays on the token. */
  @Test
  void await_aMillionTimes_leavesNothing() throws Exception {
    CancellationToken child = token.child();
    for (int i = 0; i < 1_000_000; i++) {
      assertFalse(await(child, Duration.ZERO));
    }
    Traces.checkNone(child);
  }

  @Test
  void latch_sample_opens() throws Exception {
    Snippets.Latch latch = new Snippets.Latch();
    SideThread side = SideThread.startParked(() -> latch.await(token));
    latch.open();
    side.join();
  }

  /** A task that is told that what it uses is closed, because it is cancelled too, has not failed. */
  @Test
  void closedException_ofCancelledTask_isNoFailure() throws Exception {
    try (Scope scope = Scope.root("root")) {
      Task<String> task = scope.fork(own -> {
        try {
          own.awaitCancelled();
        } catch (CancelledException e) {
          assertTrue(e.is(own));
        }
        throw new ClosedException("queue is closed");
      });
      task.cancel("test");
      task.join();
      assertEquals(Task.State.CANCELLED, task.state());
    }
  }
}
