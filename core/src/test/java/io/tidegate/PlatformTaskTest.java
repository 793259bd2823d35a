// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.carrier.CarrierPool;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.slf4j.MDC;

/** P5: tasks on a pool of platform threads, which may have to wait for their turn. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD) // if a close hangs
class PlatformTaskTest {
  private final CarrierPool pool = CarrierPool.platform("files", 1);
  private final TaskKind kind = new FileWork("FILE_WORK", pool);
  private final Scope scope = Scope.newRoot("server").open();

  private record FileWork(String name, CarrierPool pool) implements TaskKind {}

  @AfterEach
  void close() {
    scope.close();
    pool.close();
  }

  private long queued() {
    return pool.stats().queued().orElseThrow();
  }

  /** P5, S1: a task that waits for a thread is in its scope: listed, and waited for. */
  @Test
  void spawn_allThreadsBusy_isInTheScope() throws Exception {
    Stubborn busy = new Stubborn();
    Task<?> first = scope.spawn(kind, busy);
    busy.awaitInside();
    Task<String> second = scope.fork(kind, token -> "done");
    assertEquals(1, queued());
    assertEquals(List.of(first, second), scope.tasks());
    assertEquals(List.of("", second.name()), List.of(waitingThread(), scope.gate().holders().get(1).name()));
    SideThread closer = SideThread.startParked(scope::close);
    busy.release();
    closer.join();
    assertEquals(Task.State.SUCCEEDED, second.state());
    assertEquals("done", second.result());
  }

  private String waitingThread() {
    return scope.gate().holders().get(1).thread();
  }

  /** P5, S4: one that is cancelled before its turn begins cancelled, and ends so at its first wait. */
  @Test
  void cancel_beforeItsTurn_endsCancelled() throws Exception {
    Stubborn busy = new Stubborn();
    scope.spawn(kind, busy);
    busy.awaitInside();
    Task<?> waits = scope.spawn(kind, token -> token.sleep(Duration.ofDays(1)));
    waits.cancel("no longer needed");
    assertEquals(Task.State.RUNNING, waits.state());
    busy.release();
    waits.join();
    assertEquals(Task.State.CANCELLED, waits.state());
  }

  /** P5: what a task puts into its thread's log context, and an interrupt, are not seen by the next one. */
  @Test
  void spawn_afterAnotherTask_findsItsOwnLogContextOnly() throws Exception {
    Task<?> first = scope.spawn(kind, token -> {
      MDC.put("left", "behind");
      Thread.currentThread().interrupt();
    });
    first.join();
    Task<Map<String, String>> second = scope.fork(kind, token -> {
      assertFalse(Thread.currentThread().isInterrupted());
      return MDC.getCopyOfContextMap();
    });
    second.join();
    assertEquals(Map.of("task_kind", "FILE_WORK", "task_id", Long.toString(second.id())), second.result());
  }

  /** P5, S4: a task on a platform thread waits, and is cancelled out of its wait, like any other. */
  @Test
  void cancel_inAWait_endsIt() throws Exception {
    AtomicReference<@Nullable Thread> thread = new AtomicReference<>();
    Task<?> task = scope.spawn(kind, token -> {
      thread.set(Thread.currentThread());
      token.awaitCancelled();
      token.throwIfCancelled();
    });
    SideThread.until(() -> thread.get() != null);
    Thread running = thread.get();
    if (running == null) {
      throw new AssertionError("no thread");
    }
    assertFalse(running.isVirtual());
    assertNotEquals("FILE_WORK", running.getName());
    Blocked.until(running);
    task.cancel("enough");
    task.join();
    assertEquals(Task.State.CANCELLED, task.state());
  }

  /** P5, T7: a deadline is watched though the task that waits for it has the only thread. */
  @Test
  void withTimeout_onlyThreadWaits_isWatchedElsewhere() throws Exception {
    Task<Boolean> task = scope.fork(kind, token -> {
      CancellationToken limited = token.withTimeout(Duration.ofMillis(1));
      limited.awaitCancelled();
      return limited.isCancelled();
    });
    task.join();
    assertTrue(task.result());
  }

  /** P5, T6: a callback runs though the task that it is to end has the only thread. */
  @Test
  void onCancel_onlyThreadBlocked_runsElsewhere() throws Exception {
    Stubborn blocked = new Stubborn();
    Task<?> task = scope.spawn(kind, token -> {
      Registration ends = token.onCancel(blocked::release);
      blocked.run(token);
      ends.close();
    });
    blocked.awaitInside();
    task.cancel("enough");
    task.join();
    assertEquals(Task.State.SUCCEEDED, task.state());
  }

  /** P5, S8: drain and close steps run though a task has the only thread, and a task there asked for the close. */
  @Test
  void closeGracefully_onlyThreadBlocked_runsItsSteps() throws Exception {
    Trail trail = new Trail();
    Stubborn blocked = new Stubborn();
    Scope timeline = scope.child("timeline");
    timeline.onDrain("let go", () -> {
      trail.add("drained");
      blocked.release();
    });
    timeline.onClosed("release", () -> trail.add("released"));
    timeline.spawn(kind, blocked);
    blocked.awaitInside();
    Scope other = scope.child("other");
    SideThread closer = SideThread.start(() -> timeline.closeGracefully(Duration.ofDays(1)));
    closer.join();
    assertEquals(List.of("drained", "released"), trail.events());
    Task<?> asks = other.spawn(kind, token -> {
      Scope own = other.child("own");
      own.onDrain("drain", () -> trail.add("drained by a task"));
      own.closeGracefully(Duration.ofDays(1));
    });
    asks.join();
    assertEquals(Task.State.SUCCEEDED, asks.state());
    assertEquals("drained by a task", trail.events().getLast());
  }
}
