// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CancellationToken;
import io.tidegate.ClosedException;
import io.tidegate.FailurePolicy;
import io.tidegate.Logs;
import io.tidegate.ManualPool;
import io.tidegate.Scope;
import io.tidegate.SideThread;
import io.tidegate.Task;
import io.tidegate.Trail;
import io.tidegate.testing.LeakCheck;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Supervised tasks: restarts, their limit, and readiness. */
@ExtendWith(LeakCheck.class)
final class SupervisorTest {
  private static final CancellationToken NONE = CancellationToken.none();
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ManualPool pool = new ManualPool();
  private final Scope scope = Scope.root("root");
  private final Logs logs = Logs.of(Supervisor.class);
  private final AtomicInteger runs = new AtomicInteger();
  private int pauses;
  private final IOException failure = new IOException("disk");
  private final Supervisor supervisor =
      Supervisor.of(Backoff.exponential(SECOND, SECOND.multipliedBy(8)).withJitter(0), 2, SECOND.multipliedBy(60));

  @AfterEach
  void release() {
    scope.close();
    logs.close();
  }

  private Supervised start(Supervisor.Body body) {
    return supervisor.spawn(scope, scope.newTask(pool), "uploads", body);
  }

  /** Lets the next pause pass, once the task is in it: the run before is over then, with all that it has started. */
  private void passPause(Duration pause) {
    int before = runs.get();
    pauses++;
    SideThread.until(() -> logs.messages().size() == pauses);
    pool.clock().awaitSleepers(1);
    pool.clock().advance(pause.minusNanos(1));
    pool.clock().awaitSleepers(1);
    assertEquals(before, runs.get());
    pool.clock().advance(Duration.ofNanos(1));
    SideThread.until(() -> runs.get() == before + 1);
  }

  /** A run that returns ends the task. */
  @Test
  void spawn_succeeds_endsTheTask() throws Exception {
    Supervised task = start((run, token) -> assertEquals(0, run.restarts()));
    task.task().join();
    assertEquals(Task.State.SUCCEEDED, task.task().state());
    assertEquals(List.of(), scope.children());
  }

  /** After a failure it is run again, after the backoff. */
  @Test
  void spawn_fails_isRestarted() throws Exception {
    Supervised task = start((run, token) -> {
      assertEquals(runs.getAndIncrement(), run.restarts());
      if (runs.get() <= 2) {
        throw failure;
      }
    });
    SideThread.until(() -> runs.get() == 1);
    passPause(SECOND);
    passPause(SECOND.multipliedBy(2));
    task.task().join();
    assertEquals(Task.State.SUCCEEDED, task.task().state());
    assertEquals(
        List.of(
            "WARN uploads of root failed, restart 1 in PT1S", "WARN uploads of root failed, restart 2 in PT2S"),
        logs.messages());
  }

  /** At the limit the task fails with the last failure, and its policy decides. */
  @Test
  void spawn_failsTooOften_isLeftToTheFailurePolicy() throws Exception {
    Scope tenant = scope.child("tenant");
    Supervised task = supervisor.spawn(
        tenant, tenant.newTask(pool).onFailure(FailurePolicy.CANCEL_SCOPE), "uploads", (run, token) -> {
          runs.incrementAndGet();
          throw failure;
        });
    SideThread.until(() -> runs.get() == 1);
    passPause(SECOND);
    passPause(SECOND.multipliedBy(2));
    task.task().join();
    assertEquals(Task.State.FAILED, task.task().state());
    assertSame(failure, task.task().exception().orElseThrow());
    assertTrue(tenant.token().isCancelled());
    assertFalse(scope.token().isCancelled());
  }

  /** Restarts that are longer ago than the period do not count, neither for the limit nor for the backoff. */
  @Test
  void spawn_failsNowAndThen_isRestartedEachTime() {
    AtomicReference<CountDownLatch> mayFail = new AtomicReference<>(new CountDownLatch(1));
    start((run, token) -> {
      CountDownLatch may = mayFail.get();
      runs.incrementAndGet();
      may.await();
      throw failure;
    });
    for (int i = 1; i <= 5; i++) {
      int started = i;
      SideThread.until(() -> runs.get() == started);
      pool.clock().advance(SECOND.multipliedBy(61));
      mayFail.getAndSet(new CountDownLatch(1)).countDown();
      passPause(SECOND);
    }
    mayFail.get().countDown(); // it hears no cancel
  }

  /** What a run has started is over before the next one begins. */
  @Test
  void spawn_fails_childrenEndBeforeTheRestart() throws Exception {
    Trail trail = new Trail();
    Supervised task = start((run, token) -> {
      int number = runs.incrementAndGet();
      trail.add("run " + number);
      CountDownLatch inside = new CountDownLatch(1);
      run.scope().spawn(pool, own -> {
        inside.countDown();
        try {
          own.awaitCancelled();
        } finally {
          trail.add("child " + number + " ended");
        }
      });
      inside.await();
      if (number == 1) {
        throw failure;
      }
    });
    SideThread.until(() -> runs.get() == 1);
    passPause(SECOND);
    task.task().join();
    assertEquals(List.of("run 1", "child 1 ended", "run 2", "child 2 ended"), trail.events());
  }

  /** A cancel is no failure: neither of a run, nor in a pause. */
  @Test
  void spawn_cancelled_isNotRestarted() throws Exception {
    Supervised running = start((run, token) -> {
      runs.incrementAndGet();
      token.awaitCancelled();
      throw failure;
    });
    SideThread.until(() -> runs.get() == 1);
    running.task().cancel("test");
    running.task().join();
    assertEquals(Task.State.CANCELLED, running.task().state());

    Supervised pausing = start((run, token) -> {
      runs.incrementAndGet();
      throw failure;
    });
    pool.clock().awaitSleepers(1);
    pausing.task().cancel("test");
    pausing.task().join();
    assertEquals(Task.State.CANCELLED, pausing.task().state());
    assertEquals(2, runs.get());
  }

  /** The spawner waits until the task says that it started. */
  @Test
  void awaitReady_waitsForTheTask() throws Exception {
    CountDownLatch mayBeReady = new CountDownLatch(1);
    Supervised task = start((run, token) -> {
      mayBeReady.await();
      run.ready();
      run.ready();
      token.awaitCancelled();
    });
    assertFalse(task.isReady());
    assertFalse(task.awaitReady(Duration.ZERO, NONE));
    SideThread side = SideThread.startParked(() -> task.awaitReady(NONE));
    mayBeReady.countDown();
    side.join();
    assertTrue(task.isReady());
    assertTrue(task.awaitReady(Duration.ZERO, NONE));
    task.awaitReady(NONE);
  }

  /** A run that fails before it is ready leaves that to the next one. */
  @Test
  void awaitReady_firstRunFails_waitsForTheNext() throws Exception {
    Supervised task = start((run, token) -> {
      if (runs.incrementAndGet() == 1) {
        throw failure;
      }
      run.ready();
      token.awaitCancelled();
    });
    SideThread side = SideThread.startParked(() -> task.awaitReady(NONE));
    SideThread.until(() -> runs.get() == 1);
    passPause(SECOND);
    side.join();
  }

  /** A task that ends without having been ready ends the wait. */
  @Test
  void awaitReady_taskEnds_throws() throws Exception {
    CountDownLatch mayEnd = new CountDownLatch(1);
    Supervised task = start((run, token) -> mayEnd.await());
    SideThread side = SideThread.startParked(() -> assertThrows(ClosedException.class, () -> task.awaitReady(NONE)));
    mayEnd.countDown();
    side.join();
    task.task().join();
    ClosedException thrown = assertThrows(ClosedException.class, () -> task.awaitReady(Duration.ZERO, NONE));
    assertTrue(thrown.toString().contains("ended before it was ready"), thrown::toString);
  }

  @Test
  void of_negative_isRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> Supervisor.of(Backoff.exponential(SECOND, SECOND), -1, SECOND));
  }
}
