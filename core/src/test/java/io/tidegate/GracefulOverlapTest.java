// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.carrier.CarrierPool;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** S8: graceful closes that overlap, have little time, or meet steps that end late. */
class GracefulOverlapTest {
  private static final Duration LONG = Duration.ofDays(1);
  /** Seven eighths of it are for draining. */
  private static final Duration BUDGET = Duration.ofSeconds(8);
  private static final Duration DRAINING = Duration.ofSeconds(7);

  private final ManualPool pool = new ManualPool();
  private final Scope closers = Scope.root("closers");
  private final Scope root = Scope.root("root");
  private final Scope scope = root.newChild("scope").onFailure(FailurePolicy.CANCEL_SCOPE).open();
  private final Trail trail = new Trail();

  @AfterEach
  void closes() {
    root.close();
    Closed.check(scope);
    Closed.check(root);
    closers.close();
  }

  /** S8: a parent waits for a child that another thread drains, between its steps too: no step is cut short. */
  @Test
  void closeGracefully_childIsBeingDrained_waitsForAllItsSteps() throws Exception {
    for (int round = 0; round < 300; round++) {
      Scope parent = root.child("parent");
      Scope child = parent.child("child");
      Trail steps = new Trail();
      for (String step : List.of("1", "2", "3", "4", "5")) {
        child.onDrain(step, () -> steps.add(step));
      }
      Race.once(List.of(
          () -> assertTrue(child.closeGracefully(LONG).isOrderly()),
          () -> assertTrue(parent.closeGracefully(LONG).isOrderly())));
      assertEquals(List.of("1", "2", "3", "4", "5"), steps.events());
    }
  }

  /** S8: of two graceful closes, the one with the least time left ends the draining. */
  @Test
  void closeGracefully_secondHasLessTime_endsTheDraining() throws Exception {
    CountDownLatch drains = new CountDownLatch(1);
    scope.onDrain("waits", () -> {
      drains.countDown();
      scope.token().awaitCancelled();
    });
    scope.onDrain("never", () -> trail.add("never"));
    SideThread patient = SideThread.start(() -> assertTrue(scope.closeGracefully(LONG).closed()));
    drains.await();
    Task<CloseReport> hasty = closers.fork(pool, token -> scope.closeGracefully(BUDGET));
    pool.clock().awaitSleepers(2); // itself, and who drains for it
    assertFalse(scope.token().isCancelled());
    pool.clock().advance(DRAINING);
    hasty.join();
    patient.join();
    assertTrue(hasty.result().closed());
    assertEquals(2, hasty.result().steps().size());
    assertEquals(List.of(), trail.events());
  }

  /** G5, S8: who holds up a graceful close is told while it drains, not only in its hard part. */
  @Test
  void closeGracefully_slowStep_isToldMeanwhile() throws Exception {
    CountDownLatch mayEnd = new CountDownLatch(1);
    Scope heldUp = root.child("held up");
    heldUp.onDrain("slow", mayEnd::await);
    try (Logs logs = Logs.of(Gate.class, "root/held up")) {
      Task<CloseReport> closer = closers.fork(pool, token -> heldUp.closeGracefully(BUDGET));
      pool.clock().awaitSleepers(3); // the closer, who drains for it, the drain task
      assertEquals(List.of(), logs.messages());
      pool.clock().advance(Duration.ofMillis(100));
      SideThread.until(() -> !logs.messages().isEmpty());
      String told = logs.messages().getFirst();
      assertTrue(told.startsWith("INFO closing root/held up has taken 100 ms so far"), told);
      assertTrue(told.contains("drain step \"slow\""), told);
      mayEnd.countDown();
      closer.join();
      assertTrue(closer.result().isOrderly());
    }
  }

  /** S7, S8: a step that fails after it has overrun is told as well, once. */
  @Test
  void closeGracefully_stepFailsAfterItHasOverrun_isLogged() throws Exception {
    CountDownLatch mayFail = new CountDownLatch(1);
    scope.onDrain("late", () -> {
      mayFail.await();
      throw new IllegalStateException("disk");
    });
    try (Logs logs = Logs.of(Scope.class)) {
      Task<CloseReport> closer = closers.fork(pool, token -> scope.closeGracefully(BUDGET));
      pool.clock().awaitSleepers(3);
      pool.clock().advance(DRAINING);
      SideThread.until(() -> scope.token().isCancelled());
      mayFail.countDown();
      closer.join();
      assertEquals(CloseReport.Outcome.OVERRAN, closer.result().steps().getFirst().outcome());
      List<String> errors = logs.messages().stream().filter(message -> message.startsWith("ERROR")).toList();
      assertEquals(1, errors.size(), errors::toString);
      assertTrue(errors.getFirst().contains("drain step \"late\" of root/scope"), errors::toString);
    }
  }

  /** S7, S8: the scope's failure policy is for its tasks: a failing step cancels nobody. */
  @Test
  void closeGracefully_failingStepWithPolicy_cancelsNobody() {
    scope.onDrain("fails", () -> {
      throw new IllegalStateException("disk");
    });
    scope.onDrain("next", () -> trail.add("cancelled " + scope.token().isCancelled()));
    try (Logs logs = Logs.of(Scope.class)) {
      assertTrue(scope.closeGracefully(LONG).closed());
      assertFalse(logs.events().isEmpty());
    }
    assertEquals(List.of("cancelled false"), trail.events());
  }

  /** S8: a drain step lives by the clock of the closer's pool, on whose threads it runs. */
  @Test
  void closeGracefully_stepSleeps_byTheClosersClock() throws Exception {
    scope.onDrain("sleeps", () -> scope.token().sleep(Duration.ofSeconds(1)));
    Task<CloseReport> closer = closers.fork(pool, token -> scope.closeGracefully(BUDGET));
    pool.clock().awaitSleepers(4); // the closer, who drains for it, the drain task, the step
    pool.clock().advance(Duration.ofSeconds(1));
    closer.join();
    assertTrue(closer.result().isOrderly(), closer.result()::toString);
    assertEquals(Duration.ofSeconds(1), closer.result().steps().getFirst().elapsed());
  }

  /** S8: closing finishes its later stages even where there is no thread to drain with. */
  @Test
  void closeGracefully_noThread_closesTheHardWay() throws Exception {
    BrokenPool broken = new BrokenPool();
    TaskKind kind = new TaskKind() {
      @Override
      public String name() {
        return "BROKEN";
      }

      @Override
      public CarrierPool pool() {
        return broken;
      }
    };
    Task<?> loop = scope.spawn(Work.READ, token -> token.sleep(LONG));
    scope.onClosed("close", () -> trail.add("close"));
    try (Logs logs = Logs.of(Scope.class)) {
      Task<CloseReport> closer = closers.fork(kind, token -> {
        broken.breakNow();
        return scope.closeGracefully(LONG);
      });
      closer.join();
      assertTrue(closer.result().closed());
      assertEquals(1, logs.messages().stream().filter(message -> message.contains("no thread to drain")).count());
    }
    assertEquals(Task.State.CANCELLED, loop.state());
    assertEquals(List.of("close"), trail.events());
  }

  /** S9: visitors and guard holders that close gracefully are told at once; the close completes after they left. */
  @Test
  void closeGracefully_fromVisitAndGuard_throwsAndCompletes() throws Exception {
    scope.onDrain("drain", () -> trail.add("drain"));
    Gate.Guard guard = scope.gate().enter("guard");
    assertThrows(IllegalStateException.class, () -> scope.closeGracefully(LONG));
    assertTrue(scope.isClosing());
    guard.close();
    SideThread.until(scope::isClosed);
    assertEquals(List.of("drain"), trail.events());

    Scope visited = root.child("visited");
    visited.run(token -> {
      assertThrows(IllegalStateException.class, () -> visited.closeGracefully(LONG));
      assertTrue(visited.isClosing());
    });
    SideThread.until(visited::isClosed);
  }

  /** S8: a deep tree drains without a deep stack, each level by a task of its own. */
  @Test
  void closeGracefully_threeThousandLevels_drainsAll() {
    Scope deepest = scope;
    for (int i = 0; i < 3_000; i++) {
      deepest = deepest.child("s");
    }
    deepest.onDrain("drain", () -> trail.add("drain"));
    deepest.onClosed("close", () -> trail.add("close"));
    assertTrue(scope.closeGracefully(LONG).isOrderly());
    assertEquals(List.of("drain", "close"), trail.events());
    Closed.check(deepest);
  }
}
