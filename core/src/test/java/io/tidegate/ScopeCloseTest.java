// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ScopeCloseTest {
  private final Scope root = Scope.root("root");
  private final Scope scope = root.child("scope");
  private final Trail trail = new Trail();

  @AfterEach
  void closes() {
    root.close();
    Closed.check(scope);
    Closed.check(root);
  }

  // ---- S1: nothing outlives its scope

  /** S1: body, finally and cancel callbacks have ended, then the steps run, then close returns. */
  @Test
  void close_running_waitsForBodyFinallyCallbackAndSteps() throws Exception {
    CountDownLatch callbackRuns = new CountDownLatch(1);
    CountDownLatch callbackMayEnd = new CountDownLatch(1);
    CountDownLatch finallyMayEnd = new CountDownLatch(1);
    CountDownLatch inside = new CountDownLatch(1);
    scope.onClosed("step", () -> trail.add("step"));
    scope.spawn(Work.READ, token -> {
      try {
        token.onCancel(() -> {
          callbackRuns.countDown();
          awaitThroughAll(callbackMayEnd);
          trail.add("callback");
        });
        inside.countDown();
        token.awaitCancelled();
      } finally {
        awaitThroughAll(finallyMayEnd);
        trail.add("finally");
      }
    });
    inside.await();
    SideThread closer = SideThread.startParked(() -> {
      scope.close();
      trail.add("closed");
    });
    callbackRuns.await();
    finallyMayEnd.countDown();
    SideThread.until(() -> trail.events().size() == 1);
    Blocked.until(closer.thread());
    callbackMayEnd.countDown();
    closer.join();
    assertEquals(List.of("finally", "callback", "step", "closed"), trail.events());
  }

  private static void awaitThroughAll(CountDownLatch latch) {
    while (latch.getCount() > 0) {
      try {
        latch.await();
      } catch (InterruptedException e) {
        throw new AssertionError("nobody interrupts here", e);
      }
    }
  }

  /** S1, T6: a callback on the token of a scope with nobody inside runs, and close waits for it. */
  @Test
  void close_emptyWithCallback_runsItAndWaits() {
    scope.token().onCancel(() -> trail.add("callback"));
    scope.close();
    trail.add("closed");
    assertEquals(List.of("callback", "closed"), trail.events());
  }

  /** S1, T6: the same for a child that the parent's close finds empty. */
  @Test
  void close_emptyChildWithCallback_runsItAndWaits() {
    Scope child = scope.child("child");
    child.token().onCancel(() -> trail.add("callback"));
    scope.close();
    trail.add("closed");
    assertEquals(List.of("callback", "closed"), trail.events());
    Closed.check(child);
  }

  /** S1: a closed scope's token is cancelled, an empty descendant's too, with the reason of the close that did it. */
  @Test
  void close_emptyTree_cancelsAllTokens() {
    Scope child = scope.child("child");
    Scope grandchild = child.child("grandchild");
    scope.close();
    for (Scope each : List.of(scope, child, grandchild)) {
      CancelReason reason = each.token().reason().orElseThrow();
      assertEquals(CancelReason.Code.CLOSED, reason.code());
      assertEquals("closing root/scope", reason.text());
      assertEquals("thread " + Thread.currentThread().getName(), reason.source());
    }
    assertFalse(root.token().isCancelled());
  }

  /** T8: the source of a close's cancel is who began to close, though another one carries that on. */
  @Test
  void close_carriedOnByALeaver_namesWhoBegan() throws Exception {
    Stubborn inside = Stubborn.in(scope);
    root.child("closer").spawn(Work.READ, token -> scope.gate().beginClose()).join();
    assertFalse(scope.token().isCancelled());
    inside.release();
    SideThread.until(scope::isClosed);
    assertEquals("root/closer", scope.token().reason().orElseThrow().source());
  }

  /** G7, S1: what tasks did happens-before close returning. */
  @Test
  void close_returned_seesWhatTasksDid() {
    for (int round = 0; round < 200; round++) {
      Scope each = root.child("round");
      int[] plain = {0};
      each.spawn(Work.WRITE, token -> {
        token.awaitCancelled();
        plain[0] = 1;
      });
      each.close();
      assertEquals(1, plain[0]);
    }
  }

  // ---- S1a

  /** S1a: closing the gate alone refuses newcomers and waits, and cancels nobody; then the scope is closed. */
  @Test
  void gateClose_running_waitsWithoutCancelling() throws Exception {
    scope.onClosed("step", () -> trail.add("step"));
    Scope child = scope.child("child");
    Stubborn stubborn = Stubborn.in(child);
    SideThread closer = SideThread.startParked(() -> scope.gate().close());
    assertThrows(GateClosedException.class, () -> child.spawn(Work.READ, token -> {}));
    assertFalse(scope.token().isCancelled());
    assertFalse(child.token().isCancelled());
    stubborn.release();
    closer.join();
    assertEquals(List.of("step"), trail.events());
    Closed.check(child);
    Closed.check(scope);
  }

  // ---- S2, S3

  /** S2: closing again, by many at once, has one effect, and all wait. */
  @Test
  void close_byMany_allWaitForOneClose() throws Exception {
    AtomicInteger steps = new AtomicInteger();
    scope.onClosed("step", steps::incrementAndGet);
    Stubborn stubborn = Stubborn.in(scope);
    List<SideThread> closers = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      closers.add(SideThread.startParked(scope::close));
    }
    assertTrue(closers.stream().allMatch(SideThread::isAlive));
    stubborn.release();
    for (SideThread closer : closers) {
      closer.join();
    }
    scope.close();
    assertEquals(1, steps.get());
  }

  /** S2: a close refuses before it cancels; a task that is refused in between is cancelled, and has not failed. */
  @Test
  void close_taskIsRefusedBeforeTheCancel_isCancelled() throws Exception {
    for (int i = 0; i < 10_000; i++) {
      root.child("child-" + i); // the close comes to the cancel only after it has been to all of these
    }
    CountDownLatch forks = new CountDownLatch(1);
    Task<?> refused = root.fork(token -> {
      while (true) {
        root.enter().close();
        forks.countDown();
      }
    });
    forks.await();
    root.close();
    assertEquals(Task.State.CANCELLED, refused.state());
    assertInstanceOf(GateClosedException.class, refused.exception().orElseThrow());
  }

  /** S3: a close touches its own subtree only. */
  @Test
  void close_child_leavesTheRestOpen() throws Exception {
    Scope sibling = root.child("sibling");
    Stubborn stubborn = Stubborn.in(sibling);
    scope.close();
    assertFalse(root.isClosing());
    assertFalse(sibling.isClosing());
    assertFalse(sibling.token().isCancelled());
    sibling.spawn(Work.READ, token -> {});
    stubborn.release();
  }

  /** G2: a close waits through interrupts and restores the status; so it does when its own task is cancelled. */
  @Test
  void close_interruptedAndCancelled_waitsAndRestores() throws Exception {
    Stubborn stubborn = Stubborn.in(scope);
    CountDownLatch began = new CountDownLatch(1);
    Task<Boolean> closer = root.fork(token -> {
      began.countDown();
      scope.close();
      return Thread.currentThread().isInterrupted();
    });
    began.await();
    Thread thread = ((TaskImpl<?>) closer).thread();
    if (thread == null) {
      throw new AssertionError("the task runs and has no thread");
    }
    SideThread.until(scope::isClosing);
    Blocked.until(thread);
    thread.interrupt();
    closer.cancel("enough");
    SideThread.until(() -> thread.getState() != Thread.State.RUNNABLE);
    assertEquals(Task.State.RUNNING, closer.state());
    stubborn.release();
    closer.join();
    assertEquals(true, closer.result());
  }

  /** G2: the limit of a close ends only the waiting. */
  @Test
  void close_limit_endsOnlyTheWaiting() throws Exception {
    Stubborn stubborn = Stubborn.in(scope);
    CloseReport report = scope.close(Duration.ZERO);
    assertFalse(report.closed());
    assertEquals(1, report.left().size());
    assertTrue(scope.isClosing());
    assertFalse(scope.isClosed());
    stubborn.release();
    assertTrue(scope.close(Duration.ofDays(1)).closed());
  }

  // ---- S9

  /** S9: whoever is inside gets an exception at once, and the close completes after it left. */
  @Test
  void close_fromTask_throwsAndCompletes() throws Exception {
    Scope child = scope.child("child");
    Task<?> task = child.spawn(Work.READ, token -> {
      assertThrows(IllegalStateException.class, scope::close);
      assertTrue(scope.isClosing());
      assertTrue(token.isCancelled());
      assertThrows(IllegalStateException.class, () -> scope.close(Duration.ofDays(1)));
      assertThrows(IllegalStateException.class, child::close);
    });
    task.join();
    assertEquals(Task.State.SUCCEEDED, task.state());
    scope.close();
    Closed.check(child);
  }

  /** S9: a visitor is inside as well. */
  @Test
  void close_fromVisit_throwsAndCompletes() throws Exception {
    scope.run(token -> {
      assertThrows(IllegalStateException.class, scope::close);
      assertTrue(token.isCancelled());
    });
    assertTrue(scope.isClosed(), "the visitor was the last one inside");
  }

  /** S9: so is the holder of a guard of the scope's gate. */
  @Test
  void close_fromGuard_throwsAndCompletes() {
    Gate.Guard guard = scope.gate().enter("guard");
    IllegalStateException thrown = assertThrows(IllegalStateException.class, scope::close);
    assertTrue(thrown.toString().contains("guard \"guard\""), thrown::toString);
    assertTrue(scope.isClosing());
    guard.close();
    assertTrue(scope.isClosed());
  }

  /** S9: so is a close step. */
  @Test
  void close_fromCloseStep_throwsAndCompletes() {
    scope.onClosed("step", () -> {
      trail.add(assertThrows(IllegalStateException.class, scope::close).toString());
      assertThrows(IllegalStateException.class, root::close);
    });
    CloseReport report = scope.close(Duration.ofDays(1));
    assertTrue(report.isOrderly(), report::toString);
    assertTrue(trail.events().getFirst().contains("a close step of root/scope"), trail.events()::toString);
    assertTrue(root.isClosing());
    SideThread.until(root::isClosed);
  }

  /** S9: so is a callback of the scope's token. */
  @Test
  void close_fromCancelCallback_throwsAndCompletes() {
    scope.token().onCancel(() -> {
      assertThrows(IllegalStateException.class, scope::close);
      trail.add("callback");
    });
    scope.cancel("enough");
    SideThread.until(scope::isClosed);
    assertEquals(List.of("callback"), trail.events());
  }

  /** S9: a task may close a scope that it is not in, one below its own for instance. */
  @Test
  void close_childFromParentsTask_waits() throws Exception {
    Scope child = scope.child("child");
    child.spawn(Work.READ, CancellationToken::awaitCancelled);
    Task<?> task = scope.spawn(Work.READ, token -> child.close());
    task.join();
    assertEquals(Task.State.SUCCEEDED, task.state());
    Closed.check(child);
    assertFalse(scope.isClosing());
  }

  // ---- close steps

  /** S8: close steps and owned resources, last added first, after the last task; a failing one is reported. */
  @Test
  void close_steps_lastAddedFirst() {
    AutoCloseable resource = () -> trail.add("own");
    scope.onClosed("one", () -> trail.add("one"));
    assertSame(resource, scope.own(resource));
    scope.onClosed("fails", () -> {
      throw new IllegalStateException("disk");
    });
    scope.onClosed("three", () -> trail.add("three"));
    scope.child("child").onClosed("child", () -> trail.add("child"));
    try (Logs logs = Logs.of(Scope.class)) {
      CloseReport report = scope.close(Duration.ofDays(1));
      assertEquals(List.of("child", "three", "own", "one"), trail.events());
      assertTrue(report.closed());
      assertFalse(report.isOrderly());
      assertEquals(
          List.of("three DONE", "fails FAILED", "close " + resource + " DONE", "one DONE"),
          report.steps().stream().map(step -> step.name() + " " + step.outcome()).toList());
      String told = "ERROR close step \"fails\" of root/scope failed";
      assertTrue(logs.messages().contains(told), logs.messages()::toString);
    }
  }

  /** S8: no close of a scope returns before the end of its close steps, and the report names the one that hangs. */
  @Test
  void close_hangingStep_isNamed() throws Exception {
    CountDownLatch mayEnd = new CountDownLatch(1);
    CountDownLatch runs = new CountDownLatch(1);
    scope.onClosed("slow step", () -> {
      runs.countDown();
      mayEnd.await();
    });
    SideThread closer = SideThread.startParked(scope::close);
    runs.await();
    CloseReport report = scope.close(Duration.ZERO);
    assertFalse(report.closed());
    assertEquals("slow step", report.left().getFirst().note());
    assertEquals("releasing", scope.snapshot().state());
    assertThrows(GateClosedException.class, () -> scope.onClosed("late", () -> {}));
    mayEnd.countDown();
    closer.join();
  }

  // ---- size

  /** S1: closing a deep tree uses no stack. */
  @Test
  void close_tenThousandLevels_closesAll() throws Exception {
    List<Scope> levels = new ArrayList<>();
    levels.add(scope);
    for (int i = 0; i < 10_000; i++) {
      levels.add(levels.getLast().child("s"));
    }
    levels.getLast().spawn(Work.READ, CancellationToken::awaitCancelled);
    levels.get(5_000).onClosed("step", () -> trail.add("step"));
    scope.close();
    levels.forEach(each -> assertTrue(each.isClosed() && each.token().isCancelled()));
    assertEquals(List.of("step"), trail.events());
  }

  /** S5, S8: looking at a deep tree, and reporting on one that is held up, uses no stack either. */
  @Test
  void snapshot_fiveThousandLevels_showsAll() throws Exception {
    Scope deepest = scope;
    for (int i = 0; i < 5_000; i++) { // the paths of all levels grow with the square of that
      deepest = deepest.child("s");
    }
    Stubborn stubborn = Stubborn.in(deepest);
    assertTrue(root.snapshot().toString().contains("- READ-"));
    CloseReport report = scope.close(Duration.ZERO);
    assertFalse(report.isOrderly());
    assertTrue(report.toString().contains("LEFT INSIDE"));
    stubborn.release();
    assertTrue(scope.close(Duration.ofDays(1)).isOrderly());
    root.close();
  }

  /** S1, S3: closing a wide tree closes all of it. */
  @Test
  void close_tenThousandChildren_closesAll() throws Exception {
    List<Scope> children = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      children.add(scope.child("s" + i));
    }
    for (int i = 0; i < children.size(); i += 10) {
      children.get(i).spawn(Work.READ, CancellationToken::awaitCancelled);
    }
    CloseReport report = scope.close(Duration.ofDays(1));
    children.forEach(Closed::check);
    assertEquals(10_000, report.children().size());
  }
}
