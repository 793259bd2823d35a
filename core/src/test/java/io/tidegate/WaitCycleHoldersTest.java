// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** S9: what keeps a scope or a gate beside its tasks is in cycles of waits too: visits, steps, callbacks, guards. */
class WaitCycleHoldersTest {
  private static final Duration LONG = Duration.ofDays(1);

  private final Scope root = Scope.root("root");
  private final Scope a = root.child("a");
  private final Scope b = root.child("b");
  private final Scope c = root.child("c");
  private final CycleLog log = new CycleLog();

  @AfterEach
  void closes() {
    root.close();
    List.of(a, b, c, root).forEach(Closed::check);
    log.close();
  }

  // ---- visits, steps, callbacks

  /** S9, S6: a visitor is waited for as a task is, be it a task of another scope or a plain thread. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void visitor_closesOneThatClosesTheVisited_lastIsRefused(boolean visitorFirst) throws Exception {
    WaitingTask task = WaitingTask.in(b);
    WaitingTask visitor = WaitingTask.in(c);
    CountDownLatch visits = new CountDownLatch(1);
    CountDownLatch mayClose = new CountDownLatch(1);
    visitor.starts(() -> a.run(token -> {
      visits.countDown();
      mayClose.await();
      b.close();
    }));
    visits.await();
    if (visitorFirst) {
      mayClose.countDown();
      visitor.awaitParked();
      task.starts(a::close);
      log.assertOneVictim(task, visitor);
    } else {
      task.parks(a::close);
      mayClose.countDown();
      log.assertOneVictim(visitor, task);
    }
  }

  /** S9, S6: so is a thread that is in no task. */
  @Test
  void visitor_plainThread_isRefused() throws Exception {
    WaitingTask task = WaitingTask.in(b);
    String outcome = a.call(token -> {
      task.parks(a::close);
      return WaitingTask.outcomeOf(b::close);
    });
    CycleLog.assertVictim(outcome, "visit of thread " + Thread.currentThread().getName() + " in root/a");
    assertEquals(WaitingTask.RETURNED, task.outcome());
  }

  /** S9: a wait inside of two visits keeps both scopes. */
  @Test
  void visitor_inAnother_keepsBoth() throws Exception {
    for (Scope visited : List.of(root.child("outer"), root.child("inner"))) {
      WaitingTask task = WaitingTask.in(b.child("round"));
      Scope outer = visited.name().equals("outer") ? visited : root.child("other");
      Scope inner = visited.name().equals("inner") ? visited : root.child("other");
      outer.run(first -> inner.run(second -> {
        task.parks(visited.gate()::close);
        CycleLog.assertVictim(WaitingTask.outcomeOf(task.task()::join), "visit of thread ");
      }));
      assertEquals(WaitingTask.RETURNED, task.outcome());
    }
  }

  private static void assertStepRefused(CloseReport report, String name) {
    assertTrue(report.closed());
    CycleLog.assertVictim(String.valueOf(report.steps().getFirst().failure()).replaceFirst("^.*?: ", ""), name);
  }

  private static void awaitParked(Task<?> task) {
    Blocked.in(Objects.requireNonNull(((TaskImpl<?>) task).thread()), Waiting.class, "park");
  }

  /** S8, S9: a drain step that closes whoever waits for the drain is refused; the step has failed, the rest goes on. */
  @Test
  void drainStep_closesTheCloser_isRefused() throws Exception {
    WaitingTask closer = WaitingTask.in(a);
    b.onDrain("back", () -> {
      closer.awaitParked();
      a.close();
    });
    closer.starts(() -> {
      CloseReport report = b.closeGracefully(LONG);
      assertStepRefused(report, "drain step \"back\"");
    });
    CycleLog.assertAllReturned(closer);
    assertEquals(1, log.cycles().size());
  }

  /** S8, S9: the other order: who waits for the drain of a scope whose step waits for it is refused, the step is not. */
  @Test
  void closeGracefully_drainStepWaitsForTheCloser_isRefused() throws Exception {
    WaitingTask closer = WaitingTask.in(a);
    CountDownLatch drains = new CountDownLatch(1);
    b.child("below").onDrain("back", () -> {
      drains.countDown();
      closer.task().join();
    });
    SideThread drainer = SideThread.start(() -> assertTrue(b.closeGracefully(LONG).isOrderly()));
    drains.await();
    drainersOfB().forEach(WaitCycleHoldersTest::awaitParked);
    closer.starts(() -> b.closeGracefully(LONG));
    log.assertOneVictim(closer);
    drainer.join();
  }

  private List<TaskImpl<?>> drainersOfB() {
    return ((ScopeImpl) b).running();
  }

  /** S9: the task that drains waits for its step: who joins that task waits for the step. */
  @Test
  void join_drainTaskWhoseStepWaitsForTheJoiner_isRefused() throws Exception {
    WaitingTask joiner = WaitingTask.in(a);
    CountDownLatch drains = new CountDownLatch(1);
    b.onDrain("back", () -> {
      drains.countDown();
      joiner.task().join();
    });
    SideThread drainer = SideThread.start(() -> assertTrue(b.closeGracefully(LONG).isOrderly()));
    drains.await();
    List<TaskImpl<?>> tasks = drainersOfB();
    tasks.forEach(WaitCycleHoldersTest::awaitParked);
    joiner.starts(tasks.getFirst()::join);
    log.assertOneVictim(joiner);
    drainer.join();
  }

  /** S9: a close step is waited for as well. */
  @Test
  void closeStep_closesTheCloser_isRefused() throws Exception {
    WaitingTask closer = WaitingTask.in(a);
    b.onClosed("back", () -> {
      closer.awaitParked();
      a.close();
    });
    closer.starts(() -> {
      CloseReport report = b.close(LONG);
      assertStepRefused(report, "a close step of root/b");
    });
    CycleLog.assertAllReturned(closer);
    assertEquals(1, log.cycles().size());
  }

  /** S9: so is a callback of a scope's token. */
  @Test
  void callback_closesTheCloser_isRefused() throws Exception {
    WaitingTask closer = WaitingTask.in(a);
    Trail trail = new Trail();
    b.token().onCancel(() -> {
      closer.awaitParked();
      try {
        a.close();
      } catch (IllegalStateException refused) {
        trail.add(String.valueOf(refused.getMessage()));
      }
    });
    closer.starts(b::close);
    CycleLog.assertAllReturned(closer);
    CycleLog.assertVictim(trail.events().getFirst(), "a cancel callback of root/b");
  }

  // ---- guards, and what else a task can hold

  /** S9, G6: a guard is kept by the task that entered. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void guardHolder_waitsForTheCloser_lastIsRefused(boolean holderFirst) throws Exception {
    Gate gate = Gate.create("layers");
    WaitingTask closer = WaitingTask.in(b);
    WaitingTask holder = WaitingTask.in(a);
    CountDownLatch holds = new CountDownLatch(1);
    CountDownLatch mayWait = new CountDownLatch(1);
    holder.starts(() -> gate.child("layer 7").call("flush", () -> {
      holds.countDown();
      mayWait.await();
      closer.task().join();
      return closer;
    }));
    holds.await();
    if (holderFirst) {
      mayWait.countDown();
      holder.awaitParked();
      closer.starts(gate::close);
      log.assertOneVictim(closer, holder);
      assertTrue(closer.outcome().contains("guard \"flush\" of gate layers/layer 7, entered by task " + holder.name()));
    } else {
      closer.parks(gate::close);
      mayWait.countDown();
      log.assertOneVictim(holder, closer);
    }
  }

  /** G4, S9: a guard that was released, and one that another task took over by a guard of its own, keep nobody. */
  @Test
  void guard_handedOnByAnother_isTheNewHolders() throws Exception {
    Gate gate = Gate.create("layers");
    WaitingTask closer = WaitingTask.in(b);
    WaitingTask first = WaitingTask.in(a);
    CountDownLatch handedOn = new CountDownLatch(1);
    Stubborn second = new Stubborn();
    first.starts(() -> {
      Gate.Guard guard = gate.enter("first");
      c.spawn(Work.READ, token -> {
        Gate.Guard another = guard.another("second");
        guard.close();
        handedOn.countDown();
        second.run(token);
        another.close();
      });
      handedOn.await();
      closer.task().join();
    });
    first.awaitParked();
    second.awaitInside();
    closer.parks(gate::close);
    second.release();
    log.assertNoCycle(closer, first);
  }

  /** S9: what a task holds, and others wait for by a way of their own, a permit for instance. */
  @Test
  void permit_ofOneWhoWaitsBack_isRefused() throws Exception {
    WaitingTask holder = WaitingTask.in(a);
    WaitingTask waiter = WaitingTask.in(b);
    Member permit = new Member(null) {
      @Override
      String holderName() {
        return "permit";
      }

      @Override
      @Nullable WaitsFor waitsFor() {
        return ((TaskImpl<?>) holder.task()).waitsFor();
      }

      @Override
      public String toString() {
        return "the permit of " + holder.task();
      }
    };
    Awaited limiter = new Awaited() {
      @Override
      public List<Member> members() {
        return List.of(permit);
      }

      @Override
      public String toString() {
        return "limiter uploads";
      }
    };
    CountDownLatch tells = new CountDownLatch(1);
    CountDownLatch permits = new CountDownLatch(1);
    waiter.starts(() -> {
      WaitsFor wait = WaitsFor.untilCancelled("wants a permit of", limiter);
      wait.begin(Current.clock(), Waiting.NO_DEADLINE);
      tells.countDown();
      permits.await();
      wait.end();
    });
    tells.await();
    holder.starts(() -> {
      ((TaskImpl<?>) holder.task()).noteHeld();
      waiter.task().join();
    });
    CycleLog.assertVictim(holder.outcome(), holder.name());
    assertTrue(holder.outcome().contains("wants a permit of limiter uploads, which waits for the permit of task "));
    permits.countDown();
    assertEquals(WaitingTask.RETURNED, waiter.outcome());
  }
}
