// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.testing.LeakCheck;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class TaskTest {
  private final Scope scope = Scope.root("root");

  @AfterEach
  void closes() {
    scope.close();
    Closed.check(scope);
  }

  /** S4: a body that comes to its end has succeeded. */
  @Test
  void result_succeeded_isKept() throws Exception {
    Task<String> task = scope.fork(token -> "done");
    task.join();
    assertEquals(Task.State.SUCCEEDED, task.state());
    assertEquals("done", task.result());
    assertEquals("done", task.result());
    assertEquals(Optional.empty(), task.exception());
  }

  /** S4: a result may be null. */
  @Test
  void result_null_isNull() throws Exception {
    Task<@Nullable String> task = scope.fork(token -> null);
    task.join();
    assertNull(task.result());
  }

  /** S4: the handle outlives the scope. */
  @Test
  void result_afterClose_isKept() {
    Task<String> task = scope.fork(token -> "done");
    scope.close();
    assertEquals("done", task.result());
  }

  /** S4: what a body throws is in its handle. */
  @Test
  void exception_failed_isWhatItThrew() throws Exception {
    IOException thrown = new IOException("disk");
    Task<String> task = scope.fork(token -> {
      throw thrown;
    });
    task.join();
    assertEquals(Task.State.FAILED, task.state());
    assertSame(thrown, task.exception().orElseThrow());
    assertSame(thrown, assertThrows(IllegalStateException.class, task::result).getCause());
  }

  /** S4: a running task has neither result nor exception. */
  @Test
  void result_running_isRefused() throws Exception {
    Stubborn stubborn = new Stubborn();
    Task<String> task = scope.fork(Work.READ, stubborn);
    assertEquals(Task.State.RUNNING, task.state());
    assertNull(assertThrows(IllegalStateException.class, task::result).getCause());
    assertThrows(IllegalStateException.class, task::exception);
    assertFalse(task.join(Duration.ZERO));
    stubborn.release();
    task.join();
    assertTrue(task.join(Duration.ZERO));
    assertEquals("released", task.result());
  }

  /** S4: done and cancelled are never confused: who ends well though cancelled has succeeded. */
  @Test
  void state_cancelledButDone_isSucceeded() throws Exception {
    Stubborn stubborn = new Stubborn();
    Task<String> task = scope.fork(Work.READ, stubborn);
    assertTrue(task.cancel("enough"));
    assertFalse(task.cancel("again"));
    stubborn.release();
    task.join();
    assertEquals(Task.State.SUCCEEDED, task.state());
  }

  /** S4: a wait that its own cancel ended makes it cancelled. */
  @Test
  void state_ownWaitCancelled_isCancelled() throws Exception {
    Task<String> task = scope.fork(token -> {
      token.sleep(Duration.ofDays(1));
      return "slept";
    });
    task.cancel("enough");
    task.join();
    assertEquals(Task.State.CANCELLED, task.state());
    CancelledException thrown = (CancelledException) task.exception().orElseThrow();
    assertEquals("enough", thrown.reason().text());
    assertFalse(scope.token().isCancelled());
  }

  /** S4: what a cancelled task throws because of that: its own or another cancel, a closed gate, an interrupt. */
  @Test
  void state_throwsCancelLikeAfterCancel_isCancelled() throws Exception {
    for (Exception cancelLike : List.of(strangersCancel(), new GateClosedException("closed"), new InterruptedException())) {
      assertEquals(Task.State.CANCELLED, endState(cancelLike, true), cancelLike.toString());
      assertEquals(Task.State.FAILED, endState(cancelLike, false), cancelLike.toString());
    }
  }

  /** S4: any other exception is a failure, cancelled or not. */
  @Test
  void state_throwsOtherAfterCancel_isFailed() throws Exception {
    assertEquals(Task.State.FAILED, endState(new IOException("disk"), true));
    assertEquals(Task.State.FAILED, endState(new IOException("disk"), false));
  }

  /** S4, T7: running out of time is a failure, nobody has cancelled the task. */
  @Test
  void state_deadlineOfItsOwnMaking_isFailed() throws Exception {
    Task<String> task = scope.fork(token -> {
      token.withTimeout(Duration.ZERO).sleep(Duration.ofDays(1));
      return "slept";
    });
    task.join();
    assertEquals(Task.State.FAILED, task.state());
    CancelledException thrown = (CancelledException) task.exception().orElseThrow();
    assertEquals(CancelReason.Code.DEADLINE, thrown.reason().code());
  }

  private static CancelledException strangersCancel() {
    CancellationToken stranger = CancellationToken.create();
    stranger.cancel();
    return assertThrows(CancelledException.class, stranger::throwIfCancelled);
  }

  private Task.State endState(Exception thrown, boolean cancelled) throws InterruptedException {
    CountDownLatch mayThrow = new CountDownLatch(1);
    Task<String> task = scope.fork(Work.READ, token -> {
      mayThrow.await();
      throw thrown;
    });
    if (cancelled) {
      task.cancel("enough");
    }
    mayThrow.countDown();
    task.join();
    assertSame(thrown, task.exception().orElseThrow());
    return task.state();
  }

  /** S4: joinable by anybody, any number of times, side by side. */
  @Test
  void join_byMany_allReturn() throws Exception {
    Stubborn stubborn = new Stubborn();
    Task<String> task = scope.fork(Work.READ, stubborn);
    List<SideThread> joiners = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      joiners.add(SideThread.startParked(task::join));
    }
    stubborn.release();
    for (SideThread joiner : joiners) {
      joiner.join();
    }
    task.join();
  }

  /** S4, S9: a task that joins itself gets an exception, in a visit too. */
  @Test
  void join_itself_isRefused() throws Exception {
    Scope other = Scope.root("other");
    Task<Integer> task = scope.fork(token -> {
      Task<?> self = Task.current().orElseThrow();
      assertThrows(IllegalStateException.class, self::join);
      other.run(visit -> assertThrows(IllegalStateException.class, self::join));
      return 1;
    });
    task.join();
    assertEquals(1, task.result());
    other.close();
  }

  /** T10: a joiner whose own task is cancelled stops waiting; the joined one goes on. */
  @Test
  void join_joinerCancelled_throws() throws Exception {
    Stubborn stubborn = new Stubborn();
    Task<String> task = scope.fork(Work.READ, stubborn);
    Task<String> joiner = scope.fork(token -> {
      task.join();
      return "joined";
    });
    joiner.cancel("enough");
    joiner.join();
    assertEquals(Task.State.CANCELLED, joiner.state());
    assertEquals(Task.State.RUNNING, task.state());
    stubborn.release();
  }

  @Test
  void join_interrupted_throws() throws Exception {
    Stubborn stubborn = Stubborn.in(scope);
    Task<?> task = scope.tasks().getFirst();
    SideThread joiner = SideThread.startParked(() -> assertThrows(InterruptedException.class, task::join));
    joiner.thread().interrupt();
    joiner.join();
    stubborn.release();
  }

  /** S5: a handle tells who it is. */
  @Test
  void handle_describesItself() throws Exception {
    Instant before = Instant.now();
    AtomicReference<@Nullable Task<?>> current = new AtomicReference<>();
    Task<?> task = scope.spawn(Work.WRITE, token -> current.set(Task.current().orElseThrow()));
    Task<?> other = scope.spawn(Work.WRITE, token -> {});
    task.join();
    assertSame(task, current.get());
    assertEquals(Work.WRITE, task.kind());
    assertEquals("WRITE-" + task.id(), task.name());
    assertSame(scope, task.scope());
    assertNotEquals(task.id(), other.id());
    assertFalse(task.startedAt().isBefore(before));
    assertFalse(task.startedAt().isAfter(Instant.now()));
    assertEquals(Optional.empty(), Task.current());
  }

  /** What a thread does before it starts a task happens-before the task, and that happens-before join. */
  @Test
  void join_returned_seesWhatTheTaskDid() throws Exception {
    int[] plain = {1};
    Task<?> task = scope.spawn(Work.WRITE, token -> plain[0]++);
    task.join();
    assertEquals(2, plain[0]);
  }
}
