// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.testing.LeakCheck;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class GracefulCloseTest {
  private static final Duration LONG = Duration.ofDays(1);
  /** Seven eighths of it are for draining. */
  private static final Duration BUDGET = Duration.ofSeconds(8);

  private final ManualPool pool = new ManualPool();
  private final Scope closers = Scope.root("closers");
  private final Scope root = Scope.root("root");
  private final Scope scope = root.child("scope");
  private final Trail trail = new Trail();

  @AfterEach
  void closes() {
    root.close();
    Closed.check(scope);
    Closed.check(root);
    closers.close();
  }

  private static List<CloseReport.Outcome> outcomes(CloseReport report) {
    return report.steps().stream().map(CloseReport.Step::outcome).toList();
  }

  // ---- the order

  /** S8: drain steps as added, then those of the children, then the close steps, bottom up, last added first. */
  @Test
  void closeGracefully_steps_runInOrder() {
    Scope child = scope.child("child");
    child.onDrain("child drain", () -> trail.add("child drain"));
    child.onClosed("child close", () -> trail.add("child close"));
    for (String name : List.of("one", "two")) {
      scope.onDrain("drain " + name, () -> trail.add("drain " + name));
      scope.onClosed("close " + name, () -> trail.add("close " + name));
    }
    CloseReport report = scope.closeGracefully(LONG);
    assertEquals(
        List.of("drain one", "drain two", "child drain", "child close", "close two", "close one"), trail.events());
    assertTrue(report.isOrderly(), report::toString);
    assertEquals(
        List.of("drain one", "drain two", "close two", "close one"),
        report.steps().stream().map(CloseReport.Step::name).toList());
    Closed.check(child);
  }

  /** S8: the tasks are waited for, not cancelled, while there is time. */
  @Test
  void closeGracefully_runningTask_isWaitedForUncancelled() throws Exception {
    Task<Boolean> task = scope.fork(token -> {
      SideThread.until(scope::isClosing);
      trail.add("task");
      return token.isCancelled();
    });
    scope.onDrain("step", () -> trail.add("step"));
    assertTrue(scope.closeGracefully(LONG).isOrderly());
    task.join();
    assertFalse(task.result());
    assertTrue(trail.events().containsAll(List.of("task", "step")));
  }

  /** S8: the child scopes drain side by side: here each waits for the other. */
  @Test
  void closeGracefully_children_drainSideBySide() {
    CyclicBarrier both = new CyclicBarrier(2);
    for (String name : List.of("a", "b")) {
      scope.child(name).onDrain("meet", both::await);
    }
    CloseReport report = scope.closeGracefully(LONG);
    assertTrue(report.isOrderly(), report::toString);
    assertEquals(2, report.children().size());
  }

  /** S8: a drain step may close a child gracefully, whose own steps run once. */
  @Test
  void closeGracefully_stepClosesAChild_runsItsStepsOnce() {
    Scope child = scope.child("child");
    child.onDrain("child", () -> trail.add("child"));
    scope.onDrain("close child", () -> {
      assertTrue(child.closeGracefully(LONG).isOrderly());
      trail.add("scope");
    });
    CloseReport report = scope.closeGracefully(LONG);
    assertTrue(report.isOrderly(), report::toString);
    assertEquals(List.of("child", "scope"), trail.events());
  }

  /** S8: the hard form runs no drain steps. */
  @Test
  void close_drainSteps_areNotRun() {
    scope.onDrain("step", () -> trail.add("step"));
    CloseReport report = scope.close(LONG);
    assertEquals(List.of(), trail.events());
    assertTrue(report.isOrderly());
  }

  /** S5: what drains a scope is none of its tasks, so join waits for the user's alone; the holders show it all. */
  @Test
  void join_whileDraining_waitsForTheUsersTasksAlone() throws Exception {
    Stubborn task = Stubborn.in(scope);
    Stubborn step = new Stubborn();
    scope.onDrain("flush", () -> step.run(CancellationToken.none()));
    SideThread closer = SideThread.start(() -> scope.closeGracefully(LONG));
    step.awaitInside();
    assertEquals(List.of("READ"), scope.tasks().stream().map(each -> each.kind().name()).toList());
    assertEquals(List.of("DRAIN", "DRAIN", "READ"), kinds(scope.gate().holders()));
    assertEquals(List.of("DRAIN", "DRAIN", "READ"), kinds(root.snapshot().children().getFirst().holders()));
    task.release();
    root.join();
    assertEquals(List.of(), root.tasks());
    // A task that was joined may still be about to leave.
    SideThread.until(() -> kinds(scope.gate().holders()).equals(List.of("DRAIN", "DRAIN")));
    step.release();
    closer.join();
  }

  private static List<String> kinds(List<Holder> holders) {
    return holders.stream().map(Holder::kind).sorted().toList();
  }

  /** S5, S8: so a drain step may wait for the tasks that the step before it has ended. */
  @Test
  void join_inDrainStep_waitsForTheTasks() {
    CountDownLatch stopped = new CountDownLatch(1);
    scope.spawn(Work.READ, token -> {
      stopped.await();
      trail.add("stopped");
    });
    scope.onDrain("stop", stopped::countDown);
    scope.onDrain("wait", () -> {
      scope.join();
      trail.add("joined");
    });
    assertTrue(scope.closeGracefully(LONG).isOrderly());
    assertEquals(List.of("stopped", "joined"), trail.events());
  }

  /** S2, S8: a child that an insider opens while its parent drains is for insiders as well, from its first instant. */
  @Test
  void closeGracefully_childOpenedByInsider_refusesOutsiders() throws Exception {
    Stubborn insider = new Stubborn();
    Task<Scope> task = scope.fork(token -> {
      SideThread.until(scope::isClosing);
      Scope child = scope.child("late");
      child.spawn(Work.READ, own -> trail.add("insider's"));
      insider.run(token);
      return child;
    });
    SideThread closer = SideThread.start(() -> scope.closeGracefully(LONG));
    insider.awaitInside();
    Scope late = scope.children().getFirst();
    assertTrue(late.isClosing());
    assertThrows(GateClosedException.class, () -> late.spawn(Work.READ, token -> trail.add("outsider's")));
    assertThrows(GateClosedException.class, () -> late.child("later"));
    insider.release();
    closer.join();
    assertEquals(List.of("insider's"), trail.events());
    task.join();
    Closed.check(task.result());
  }

  /** S7, S8: a task for which it is too late to add a step below was ended by the close, and has not failed. */
  @Test
  void closeGracefully_taskIsRefusedBelow_endsAsCancelled() throws Exception {
    Scope child = scope.child("child");
    Task<?> task = scope.fork(token -> {
      SideThread.until(child::isClosing);
      child.onDrain("late", () -> {});
      return "done";
    });
    try (Logs logs = Logs.of(Scope.class)) {
      assertTrue(scope.closeGracefully(LONG).isOrderly());
      assertEquals(List.of(), logs.messages().stream().filter(line -> line.contains("nobody asked")).toList());
    }
    task.join();
    assertEquals(Task.State.CANCELLED, task.state());
    assertTrue(task.exception().orElseThrow() instanceof GateClosedException);
  }

  /** The same where nothing closes but that child: the task has failed. */
  @Test
  void close_childAlone_taskIsRefused_fails() throws Exception {
    Scope child = scope.child("child");
    child.close();
    Task<?> task = scope.fork(token -> child.spawn(Work.READ, own -> {}));
    task.join();
    assertEquals(Task.State.FAILED, task.state());
    assertTrue(task.exception().orElseThrow() instanceof GateClosedException);
  }

  // ---- steps that go wrong

  /** S8: a step that fails is reported, logged once, and the rest goes on. */
  @Test
  void closeGracefully_failingStep_isReportedAndTheRestGoesOn() {
    IllegalStateException disk = new IllegalStateException("disk");
    scope.onDrain("fails", () -> {
      throw disk;
    });
    scope.onDrain("next", () -> trail.add("next"));
    scope.child("child").onDrain("child", () -> trail.add("child"));
    scope.onClosed("close", () -> trail.add("close"));
    try (Logs logs = Logs.of(Scope.class)) {
      CloseReport report = scope.closeGracefully(LONG);
      assertEquals(List.of("next", "child", "close"), trail.events());
      assertTrue(report.closed());
      assertFalse(report.isOrderly());
      assertEquals(
          List.of(CloseReport.Outcome.FAILED, CloseReport.Outcome.DONE, CloseReport.Outcome.DONE), outcomes(report));
      assertSame(disk, report.steps().getFirst().failure());
      assertEquals(1, logs.messages().stream().filter(message -> message.startsWith("ERROR")).count());
    }
  }

  /** S8: a step that waits too long is cut short after seven eighths of the budget; no step starts any more, the later stages still run. */
  @Test
  void closeGracefully_slowStep_overrunsAndLaterStagesRun() throws Exception {
    Task<?> loop = scope.spawn(Work.READ, CancellationToken::awaitCancelled);
    CountDownLatch waits = new CountDownLatch(1);
    scope.onDrain("slow", () -> {
      CancellationToken token = Task.current().orElseThrow().scope().token();
      waits.countDown();
      token.awaitCancelled();
    });
    scope.onDrain("next", () -> trail.add("next"));
    scope.onClosed("close", () -> trail.add("close"));
    Task<CloseReport> closer = closers.fork(pool, token -> scope.closeGracefully(BUDGET));
    waits.await();
    SideThread.until(() -> pool.threads().size() == 4); // the closer, who drains for it, the drain task, the step
    pool.clock().awaitSleepers(3);
    pool.clock().advance(Duration.ofSeconds(7).minusNanos(1));
    pool.clock().awaitSleepers(3);
    assertFalse(scope.token().isCancelled());
    pool.clock().advance(Duration.ofNanos(1));
    closer.join();
    CloseReport report = closer.result();
    assertTrue(report.closed(), report::toString);
    assertEquals(
        List.of(CloseReport.Outcome.OVERRAN, CloseReport.Outcome.SKIPPED, CloseReport.Outcome.DONE), outcomes(report));
    assertEquals(List.of("close"), trail.events());
    assertEquals(Task.State.SUCCEEDED, loop.state()); // the hard close has ended its wait
  }

  /** S8: the budget ends the waiting for those who hear no cancel: the report names them, and the close goes on. */
  @Test
  void closeGracefully_stubbornTask_isLeftInTheReport() throws Exception {
    Stubborn stubborn = Stubborn.in(scope);
    CloseReport report = scope.closeGracefully(Duration.ZERO);
    assertFalse(report.closed());
    assertTrue(scope.token().isCancelled()); // at the end of the budget it is closed the hard way, whoever may run
    assertEquals(1, report.left().stream().filter(holder -> holder.kind().equals("READ")).count());
    stubborn.release();
    assertTrue(scope.close(LONG).closed());
  }

  // ---- who may come while it drains

  /** S2, S8: while a scope drains, its tasks may still spawn; outsiders are refused. */
  @Test
  void spawn_draining_isForInsidersOnly() throws Exception {
    Scope child = scope.child("child");
    CountDownLatch drains = new CountDownLatch(1);
    CountDownLatch mayEnd = new CountDownLatch(1);
    scope.onDrain("step", () -> {
      drains.countDown();
      mayEnd.await();
      child.spawn(Work.WRITE, token -> trail.add("spawned by the step"));
      scope.child("late").spawn(Work.WRITE, token -> trail.add("spawned into a new child"));
    });
    SideThread closer = SideThread.start(() -> assertTrue(scope.closeGracefully(LONG).isOrderly()));
    drains.await();
    for (Scope closing : List.of(scope, child)) {
      assertThrows(GateClosedException.class, () -> closing.spawn(Work.READ, token -> {}));
      assertThrows(GateClosedException.class, () -> closing.child("outsider"));
      assertThrows(GateClosedException.class, closing::enter);
      assertThrows(GateClosedException.class, () -> closing.onDrain("late", () -> {}));
    }
    assertFalse(scope.token().isCancelled());
    mayEnd.countDown();
    closer.join();
    assertEquals(2, trail.events().size());
    assertThrows(GateClosedException.class, () -> scope.spawn(Work.READ, token -> {}));
  }

  // ---- several closers

  /** S8: a hard close cuts a graceful one short: its step ends, the next one does not start, the close steps run. */
  @Test
  void close_whileDraining_escalates() throws Exception {
    CountDownLatch drains = new CountDownLatch(1);
    scope.onDrain("waits", () -> {
      drains.countDown();
      scope.token().awaitCancelled();
      scope.token().throwIfCancelled();
    });
    scope.onDrain("never", () -> trail.add("never"));
    scope.onClosed("close", () -> trail.add("close"));
    SideThread graceful = SideThread.start(() -> {
      CloseReport report = scope.closeGracefully(LONG);
      assertTrue(report.closed());
      assertEquals(
          List.of(CloseReport.Outcome.OVERRAN, CloseReport.Outcome.SKIPPED, CloseReport.Outcome.DONE),
          outcomes(report));
    });
    drains.await();
    scope.close();
    graceful.join();
    assertEquals(List.of("close"), trail.events());
  }

  /** S8: closing gracefully again, at once or later, runs no step twice; all wait for the one close. */
  @Test
  void closeGracefully_again_runsStepsOnce() throws Exception {
    CountDownLatch drains = new CountDownLatch(1);
    CountDownLatch mayEnd = new CountDownLatch(1);
    scope.onDrain("drain", () -> {
      trail.add("drain");
      drains.countDown();
      mayEnd.await();
    });
    scope.onClosed("close", () -> trail.add("close"));
    SideThread first = SideThread.start(() -> assertTrue(scope.closeGracefully(LONG).isOrderly()));
    drains.await();
    SideThread second = SideThread.startParked(() -> assertTrue(scope.closeGracefully(LONG).isOrderly()));
    assertTrue(first.isAlive() && second.isAlive());
    mayEnd.countDown();
    first.join();
    second.join();
    assertTrue(scope.closeGracefully(LONG).isOrderly());
    assertTrue(scope.close(LONG).isOrderly());
    assertEquals(List.of("drain", "close"), trail.events());
  }

  // ---- S9

  /** S9: a task that closes its own scope gets an exception at once, and the close completes after it left. */
  @Test
  void closeGracefully_fromTask_throwsAndCompletes() throws Exception {
    scope.onDrain("drain", () -> trail.add("drain"));
    scope.onClosed("close", () -> trail.add("close"));
    Task<?> task = scope.child("child").spawn(Work.READ, token -> {
      assertThrows(IllegalStateException.class, () -> scope.closeGracefully(LONG));
      assertTrue(scope.isClosing());
    });
    task.join();
    assertEquals(Task.State.SUCCEEDED, task.state());
    SideThread.until(scope::isClosed);
    assertEquals(List.of("drain", "close"), trail.events());
  }

  /** S9: a drain step that closes its scope is inside, too: it escalates, and does not wait for itself. */
  @Test
  void close_fromDrainStep_throwsAndCompletes() {
    scope.onDrain("escalate", () -> {
      assertThrows(IllegalStateException.class, scope::close);
      trail.add("told");
    });
    scope.onDrain("never", () -> trail.add("never"));
    CloseReport report = scope.closeGracefully(LONG);
    assertTrue(report.closed());
    assertEquals(List.of(CloseReport.Outcome.DONE, CloseReport.Outcome.SKIPPED), outcomes(report));
    assertEquals(List.of("told"), trail.events());
  }

  // ---- close steps

  /** S8: with several closers of both forms each close step runs exactly once. */
  @Test
  void close_byManyOfBothForms_runsEachStepOnce() throws Exception {
    for (int round = 0; round < 100; round++) {
      Scope each = root.child("round");
      Trail steps = new Trail();
      each.onClosed("first", () -> steps.add("first"));
      each.onClosed("second", () -> steps.add("second"));
      each.onDrain("drain", () -> {});
      Race.once(List.of(each::close, () -> each.closeGracefully(LONG), each::close, () -> each.closeGracefully(LONG)));
      assertEquals(List.of("second", "first"), steps.events());
      Closed.check(each);
    }
  }
}
