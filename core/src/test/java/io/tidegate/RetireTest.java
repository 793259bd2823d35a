// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.testing.LeakCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** S5: a kind of work is ended in a subtree. */
@ExtendWith(LeakCheck.class)
class RetireTest {
  private final Scope root = Scope.root("root");
  private final Scope tenant = root.child("tenant");
  private final Scope timeline = tenant.child("timeline");
  private final Scope other = root.child("other");
  private final List<Stubborn> inside = new ArrayList<>();

  @AfterEach
  void closes() {
    inside.forEach(Stubborn::release);
    root.close();
    Closed.check(root);
  }

  private static Task<?> waiting(Scope scope, TaskKind kind) {
    return scope.spawn(kind, token -> {
      token.awaitCancelled();
      token.throwIfCancelled();
    });
  }

  /** S5: those of the kind in the subtree are cancelled and waited for; other kinds and other scopes go on. */
  @Test
  void retire_kind_endsItInTheSubtreeOnly() throws Exception {
    List<Task<?>> ended = List.of(waiting(tenant, Work.READ), waiting(timeline, Work.READ), waiting(timeline, Work.READ));
    List<Task<?>> going = List.of(waiting(timeline, Work.WRITE), waiting(root, Work.READ), waiting(other, Work.READ));
    tenant.retire(Work.READ);
    ended.forEach(task -> assertEquals(Task.State.CANCELLED, task.state()));
    going.forEach(task -> assertEquals(Task.State.RUNNING, task.state()));
    CancelledException told = (CancelledException) ended.getFirst().exception().orElseThrow();
    assertEquals("retiring READ in root/tenant", told.reason().text());
  }

  /** S5: the kind is refused from then on, also in scopes that are opened later; others are not. */
  @Test
  void spawn_retiredKind_isRefused() throws Exception {
    tenant.retire(Work.READ);
    Scope later = timeline.child("later").child("deeper");
    for (Scope scope : List.of(tenant, timeline, later)) {
      GateClosedException refused =
          assertThrows(GateClosedException.class, () -> scope.newTask(Work.READ).name("x").spawn(token -> {}));
      assertEquals("scope " + scope.path() + " (open) refuses x: its kind is retired", refused.getMessage());
      assertThrows(GateClosedException.class, () -> scope.fork(Work.READ, token -> ""));
      assertEquals(List.of(), scope.tasks());
      scope.spawn(Work.WRITE, token -> {}).join();
    }
    other.spawn(Work.READ, token -> {}).join();
    root.spawn(Work.READ, token -> {}).join();
    tenant.retire(Work.READ); // again: nothing is left to do
  }

  /** S5: kinds are told apart by equals, and each is refused on its own. */
  @Test
  void retire_severalKinds_refusesEach() throws Exception {
    record Named(String name) implements TaskKind {}

    tenant.retire(new Named("one"));
    timeline.retire(new Named("two"));
    assertThrows(GateClosedException.class, () -> timeline.spawn(new Named("one"), token -> {}));
    assertThrows(GateClosedException.class, () -> timeline.spawn(new Named("two"), token -> {}));
    assertThrows(GateClosedException.class, () -> tenant.spawn(new Named("one"), token -> {}));
    tenant.spawn(new Named("two"), token -> {}).join();
    timeline.spawn(new Named("three"), token -> {}).join();
  }

  /** S5: it waits for those that hear no cancel, through interrupts, whose status is restored. */
  @Test
  void retire_stubborn_waitsThroughInterrupts() throws Exception {
    Stubborn stubborn = Stubborn.in(timeline);
    Stubborn second = Stubborn.in(tenant);
    inside.addAll(List.of(stubborn, second));
    SideThread retiring = SideThread.startParked(() -> {
      root.retire(Work.READ);
      assertTrue(Thread.currentThread().isInterrupted());
    });
    retiring.thread().interrupt();
    second.release();
    SideThread.until(() -> tenant.tasks().size() == 1);
    assertTrue(retiring.isAlive());
    stubborn.release();
    retiring.join();
    assertEquals(List.of(), root.tasks());
  }

  /** S9: a task that retires its own kind is told so at once; that has begun. */
  @Test
  void retire_byTaskOfTheKind_throwsAndHasBegun() throws Exception {
    Task<?> sibling = waiting(timeline, Work.READ);
    Task<?> task = timeline.fork(Work.READ, token -> {
      assertThrows(IllegalStateException.class, () -> tenant.retire(Work.READ));
      assertTrue(token.isCancelled());
      assertThrows(GateClosedException.class, () -> tenant.spawn(Work.READ, t -> {}));
      return "";
    });
    task.join();
    assertEquals(Task.State.SUCCEEDED, task.state());
    sibling.join();
    assertEquals(Task.State.CANCELLED, sibling.state());
  }

  /** S5: a task of the kind may retire it elsewhere, and one of another kind around itself. */
  @Test
  void retire_byTaskThatIsNotMeant_isFine() throws Exception {
    Task<?> elsewhere = other.fork(Work.READ, token -> {
      tenant.retire(Work.READ);
      return "";
    });
    Task<?> otherKind = timeline.fork(Work.WRITE, token -> {
      timeline.retire(Work.READ);
      return "";
    });
    elsewhere.join();
    otherKind.join();
    assertSame(Task.State.SUCCEEDED, elsewhere.state());
    assertSame(Task.State.SUCCEEDED, otherKind.state());
  }

  /** G5: a slow retirement tells whom it waits for. */
  @Test
  void retire_slow_isTold() throws Exception {
    ManualPool pool = new ManualPool();
    Stubborn stubborn = Stubborn.in(timeline);
    try (Logs logs = Logs.of(Gate.class, "retiring READ in root/tenant")) {
      Task<?> retiring = other.spawn(pool, token -> tenant.retire(Work.READ));
      pool.clock().awaitSleepers(1);
      pool.clock().advance(Duration.ofMillis(100));
      SideThread.until(() -> !logs.messages().isEmpty());
      List<String> lines = logs.messages().getFirst().lines().toList();
      assertEquals("INFO retiring READ in root/tenant has taken 100 ms so far; inside are 1:", lines.getFirst());
      assertTrue(lines.getLast().startsWith("  root/tenant/timeline: READ-"), lines.getLast());
      stubborn.release();
      retiring.join();
      assertEquals("INFO retiring READ in root/tenant has ended after 100 ms", logs.messages().getLast());
    }
  }

  static Stream<Arguments> grid() {
    return IntStream.range(0, 16).mapToObj(i -> Arguments.of(i / 4, i % 4));
  }

  /** S5: any number before is waited for, any number after is refused and never starts. */
  @ParameterizedTest
  @MethodSource("grid")
  void retire_beforeAndAfter_isWaitedForOrRefused(int before, int after) throws Exception {
    List<Scope> scopes = List.of(root, tenant, timeline, other);
    CountDownLatch late = new CountDownLatch(1);
    for (int i = 0; i < before; i++) {
      inside.add(Stubborn.in(scopes.get(i)));
    }
    SideThread retiring = SideThread.start(() -> root.retire(Work.READ));
    SideThread.until(() -> scopes.stream().allMatch(RetireTest::refusesReads));
    for (int i = 0; i < after; i++) {
      Scope scope = scopes.get(i);
      assertThrows(GateClosedException.class, () -> scope.spawn(Work.READ, token -> late.countDown()));
      assertThrows(GateClosedException.class, () -> scope.child("new").spawn(Work.READ, token -> late.countDown()));
    }
    for (Stubborn each : inside) {
      assertTrue(retiring.isAlive());
      each.release();
    }
    retiring.join();
    assertEquals(1, late.getCount());
  }

  private static boolean refusesReads(Scope scope) {
    return ((ScopeImpl) scope).refuses(Work.READ);
  }

  /** A kind that notes how many tasks are in a scope when it is compared with those that are retired. */
  private record Comparing(Scope scope, List<Integer> seen) implements TaskKind {
    @Override
    public String name() {
      return "COMPARING";
    }

    @Override
    public boolean equals(@Nullable Object retired) {
      seen.add(scope.tasks().size());
      return false;
    }

    @Override
    public int hashCode() {
      return 0;
    }
  }

  /** S5: a task is in the gate before it looks whether its kind is retired: a retirement lists it, or is seen by it. */
  @Test
  void spawn_looksAtTheRetiredKinds_fromInside() throws Exception {
    List<Integer> seen = new ArrayList<>();
    tenant.retire(Work.READ);
    Task<?> task = tenant.spawn(new Comparing(tenant, seen), token -> {});
    task.join();
    assertEquals(List.of(1), seen);
  }

  /** Two spawns, one of them into a new child, against a retirement. */
  private static final class Round implements Race.Round {
    private final List<Boolean> startedLate = new ArrayList<>();
    private Scope top = Scope.root("top");
    private int accepted;

    @Override
    public List<CloseStep> bodies() {
      top.close();
      Scope raced = Scope.root("top");
      top = raced;
      Scope below = raced.child("below");
      Trail retired = new Trail();
      return List.of(
          () -> spawn(below, retired), () -> spawn(below.child("new"), retired), () -> {
            raced.retire(Work.READ);
            retired.add("retired");
          });
    }

    private void spawn(Scope scope, Trail retired) {
      try {
        scope.spawn(Work.READ, token -> note(!retired.events().isEmpty()));
      } catch (GateClosedException refused) {
        assertFalse(scope.isClosing());
      }
    }

    private synchronized void note(boolean late) {
      accepted++;
      startedLate.add(late);
    }

    @Override
    public synchronized void check() {
      assertEquals(List.of(), top.tasks());
      assertFalse(startedLate.contains(true), "a task ran after its kind was retired");
      top.close();
      Closed.check(top);
    }
  }

  /** S5: racing a retirement, a spawn has two outcomes: it ran and was waited for, or it was refused. */
  @Test
  void spawn_racingRetire_hasTwoOutcomes() throws Exception {
    Round round = new Round();
    Race.run(round);
    assertTrue(round.accepted > 0, "none ever was in time: the race was none");
  }
}
