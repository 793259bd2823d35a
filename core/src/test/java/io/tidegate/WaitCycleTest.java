// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** S9: cycles of waits are found by the last one that waits, whichever it is, and nothing else is taken for one. */
class WaitCycleTest {
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

  // ---- two that wait for each other

  /** The ways to wait for a scope or a task in it. */
  enum Way {
    CLOSE {
      @Override
      void await(Scope scope, Task<?> task) {
        scope.close();
      }
    },
    CLOSE_LIMITED {
      @Override
      void await(Scope scope, Task<?> task) {
        assertTrue(scope.close(LONG).closed());
      }
    },
    CLOSE_GRACEFULLY {
      @Override
      void await(Scope scope, Task<?> task) {
        assertTrue(scope.closeGracefully(LONG).closed());
      }
    },
    CLOSE_GATE {
      @Override
      void await(Scope scope, Task<?> task) {
        scope.gate().close();
      }
    },
    CLOSE_GATE_LIMITED {
      @Override
      void await(Scope scope, Task<?> task) {
        assertTrue(scope.gate().close(LONG).closed());
      }
    },
    RETIRE {
      @Override
      void await(Scope scope, Task<?> task) {
        scope.retire(task.kind());
      }
    },
    JOIN {
      @Override
      void await(Scope scope, Task<?> task) throws InterruptedException {
        task.join();
      }
    },
    JOIN_LIMITED {
      @Override
      void await(Scope scope, Task<?> task) throws InterruptedException {
        assertTrue(task.join(LONG));
      }
    },
    JOIN_SCOPE {
      @Override
      void await(Scope scope, Task<?> task) throws InterruptedException {
        scope.join();
      }
    };

    abstract void await(Scope scope, Task<?> task) throws InterruptedException;

    boolean cancels() {
      return this == CLOSE || this == CLOSE_LIMITED || this == RETIRE;
    }

    boolean hearsCancels() {
      return this == JOIN || this == JOIN_LIMITED || this == JOIN_SCOPE;
    }
  }

  static Stream<Arguments> pairs() {
    return Arrays.stream(Way.values()).flatMap(first -> Arrays.stream(Way.values()).map(then -> Arguments.of(first, then)));
  }

  /** S9: whoever comes last is refused, and the other's wait ends; unless the one cancels the other's wait. */
  @ParameterizedTest
  @MethodSource("pairs")
  void wait_forOneWhoWaitsBack_isRefused(Way first, Way then) throws Exception {
    WaitingTask early = WaitingTask.in(a);
    WaitingTask late = WaitingTask.in(b);
    early.parks(() -> first.await(b, late.task()));
    late.starts(() -> then.await(a, early.task()));
    if (first.cancels() && then.hearsCancels()) {
      assertEquals(WaitingTask.CANCELLED, late.outcome());
      log.assertNoCycle(early);
    } else if (then.cancels() && first.hearsCancels()) {
      assertEquals(WaitingTask.CANCELLED, early.outcome());
      log.assertNoCycle(late);
    } else {
      log.assertOneVictim(late, early);
    }
  }

  /** S9: a refused close has begun, and ends when the others have left. */
  @Test
  void close_refused_goesOn() throws Exception {
    WaitingTask early = WaitingTask.in(a);
    WaitingTask late = WaitingTask.in(b);
    early.parks(b::close);
    late.starts(a::close);
    log.assertOneVictim(late, early);
    SideThread.until(() -> a.isClosed() && b.isClosed());
    assertFalse(c.isClosing());
  }

  /** S9: the report is in words: who waits for whom, all around. */
  @Test
  void refused_tellsTheCycleInWords() throws Exception {
    WaitingTask early = WaitingTask.in(a);
    WaitingTask late = WaitingTask.in(b.child("deep"));
    early.parks(b::close);
    late.starts(a::close);
    String one = "task " + early.name() + " of root/a (RUNNING)";
    String other = "task " + late.name() + " of root/b/deep (RUNNING)";
    String words = "a wait-for cycle: " + other + " closes scope root/a (closing), which waits for " + one
        + ", which closes scope root/b (closing), which waits for " + other + ": " + other + " cannot wait for that here";
    assertEquals(words, late.outcome());
    assertEquals(List.of(words), log.cycles());
  }

  /** S9: who is refused and tries again is refused again. */
  @Test
  void refused_again_isRefusedAgain() throws Exception {
    WaitingTask early = WaitingTask.in(a);
    WaitingTask late = WaitingTask.in(b);
    early.parks(b::close);
    late.starts(() -> {
      CycleLog.assertVictim(WaitingTask.outcomeOf(a::close), late.name());
      a.gate().close();
    });
    CycleLog.assertVictim(late.outcome(), late.name());
    assertEquals(WaitingTask.RETURNED, early.outcome());
  }

  // ---- more than two

  static Stream<List<Integer>> orders() {
    return Stream.of(
        List.of(0, 1, 2), List.of(0, 2, 1), List.of(1, 0, 2), List.of(1, 2, 0), List.of(2, 0, 1), List.of(2, 1, 0));
  }

  /** S9: three ways around, through a close, a join and a scope's join, in every order of arrival. */
  @ParameterizedTest
  @MethodSource("orders")
  void wait_threeWays_lastIsRefused(List<Integer> order) throws Exception {
    List<WaitingTask> waiters = List.of(WaitingTask.in(a), WaitingTask.in(b), WaitingTask.in(c.child("deep")));
    List<CloseStep> waits = List.of(() -> b.gate().close(), c::join, waiters.get(0).task()::join);
    for (int i : order.subList(0, 2)) {
      waiters.get(i).parks(waits.get(i));
    }
    int last = order.getLast();
    waiters.get(last).starts(waits.get(last));
    log.assertOneVictim(waiters.get(last), waiters.get((last + 1) % 3), waiters.get((last + 2) % 3));
  }

  /** S9: a long way around, in any order of arrival. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void join_ringOfMany_lastIsRefused(long seed) throws Exception {
    int size = 200;
    List<WaitingTask> ring = new ArrayList<>();
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      ring.add(WaitingTask.in(a));
      order.add(i);
    }
    Collections.shuffle(order, new Random(seed));
    for (int i : order.subList(0, size - 1)) {
      ring.get(i).parks(ring.get((i + 1) % size).task()::join);
    }
    WaitingTask last = ring.get(order.getLast());
    last.starts(ring.get((order.getLast() + 1) % size).task()::join);
    ring.remove(last);
    log.assertOneVictim(last, ring.toArray(WaitingTask[]::new));
  }

  /** S9: one wait that closes two cycles is refused once, which breaks both. */
  @Test
  void wait_closesTwoCycles_isRefusedOnce() throws Exception {
    WaitingTask one = WaitingTask.in(b);
    WaitingTask two = WaitingTask.in(b);
    WaitingTask last = WaitingTask.in(a);
    one.parks(last.task()::join);
    two.parks(a.gate()::close);
    last.starts(b.gate()::close);
    log.assertOneVictim(last, one, two);
  }

  /** S9: two waits that each close a cycle with the same one are refused both. */
  @Test
  void wait_twoCloseACycleEach_bothAreRefused() throws Exception {
    WaitingTask first = WaitingTask.in(a);
    WaitingTask one = WaitingTask.in(b);
    WaitingTask two = WaitingTask.in(b);
    first.parks(b.gate()::close);
    one.starts(a.gate()::close);
    CycleLog.assertVictim(one.outcome(), one.name());
    two.starts(first.task()::join);
    CycleLog.assertVictim(two.outcome(), two.name());
    assertEquals(WaitingTask.RETURNED, first.outcome());
    assertEquals(2, log.cycles().size());
  }

  /** S9: one that is already in a scope when it waits, but came in after the close had begun. */
  @Test
  void wait_ofOneAdmittedLater_isRefused() throws Exception {
    WaitingTask early = WaitingTask.in(a);
    CountDownLatch mayStart = new CountDownLatch(1);
    Task<WaitingTask> starter = b.fork(token -> {
      mayStart.await();
      return WaitingTask.in(b.child("late")); // an insider of a draining scope
    });
    early.parks(() -> b.closeGracefully(LONG));
    mayStart.countDown();
    starter.join();
    WaitingTask late = starter.result();
    late.starts(a::close);
    log.assertOneVictim(late, early);
  }
}
