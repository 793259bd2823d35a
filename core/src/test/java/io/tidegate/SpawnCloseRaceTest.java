// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** S2: every number of starts before a close with every number after it, the same in races, and the broken order. */
final class SpawnCloseRaceTest {
  private final Scope scope = Scope.root("grid");
  private final AtomicInteger lateStarts = new AtomicInteger();

  static Stream<Arguments> grid() {
    return IntStream.range(0, 25).mapToObj(i -> Arguments.of(i / 5, i % 5));
  }

  private void releaseAndCheck(SideThread closer, List<Stubborn> inside) throws Exception {
    for (Stubborn each : inside) {
      assertFalse(scope.isClosed());
      assertTrue(closer.isAlive());
      each.release();
    }
    closer.join();
    Closed.check(scope);
    assertEquals(0, lateStarts.get());
  }

  /** S2: tasks spawned before are waited for, those after are refused and never start. */
  @ParameterizedTest
  @MethodSource("grid")
  void spawn_beforeAndAfterClose_isWaitedForOrRefused(int before, int after) throws Exception {
    List<Stubborn> inside = new ArrayList<>();
    List<Task<String>> tasks = new ArrayList<>();
    for (int i = 0; i < before; i++) {
      inside.add(new Stubborn());
      tasks.add(scope.fork(Work.READ, inside.getLast()));
      inside.getLast().awaitInside();
    }
    SideThread closer = SideThread.start(scope::close);
    SideThread.until(scope::isClosing);
    for (int i = 0; i < after; i++) {
      assertThrows(GateClosedException.class, () -> scope.spawn(Work.READ, token -> lateStarts.incrementAndGet()));
      assertThrows(GateClosedException.class, () -> scope.fork(token -> lateStarts.incrementAndGet()));
    }
    releaseAndCheck(closer, inside);
    tasks.forEach(task -> assertEquals(Task.State.SUCCEEDED, task.state()));
  }

  /** S2: children opened before are closed with their parent, those after are refused. */
  @ParameterizedTest
  @MethodSource("grid")
  void child_beforeAndAfterClose_isClosedOrRefused(int before, int after) throws Exception {
    List<Stubborn> inside = new ArrayList<>();
    List<Scope> children = new ArrayList<>();
    Scope parent = scope;
    for (int i = 0; i < before; i++) {
      parent = i % 2 == 0 ? parent.child("deeper") : scope.child("wider");
      children.add(parent);
      inside.add(Stubborn.in(parent));
    }
    SideThread closer = SideThread.start(scope::close);
    SideThread.until(() -> scope.isClosing() && children.stream().allMatch(Scope::isClosing));
    for (int i = 0; i < after; i++) {
      assertThrows(GateClosedException.class, () -> scope.child("late"));
      for (Scope child : children) {
        assertThrows(GateClosedException.class, () -> child.child("late"));
        assertThrows(GateClosedException.class, () -> child.spawn(Work.READ, token -> lateStarts.incrementAndGet()));
      }
    }
    releaseAndCheck(closer, inside);
    children.forEach(Closed::check);
  }

  /** S2, S6: visitors that entered before are waited for, those after are refused and do not start. */
  @ParameterizedTest
  @MethodSource("grid")
  void visit_beforeAndAfterClose_isWaitedForOrRefused(int before, int after) throws Exception {
    List<Stubborn> inside = new ArrayList<>();
    List<SideThread> visitors = new ArrayList<>();
    for (int i = 0; i < before; i++) {
      Stubborn visitor = new Stubborn();
      inside.add(visitor);
      visitors.add(SideThread.start(() -> scope.run(visitor)));
      visitor.awaitInside();
    }
    SideThread closer = SideThread.start(scope::close);
    SideThread.until(scope::isClosing);
    for (int i = 0; i < after; i++) {
      assertThrows(GateClosedException.class, scope::enter);
      assertThrows(GateClosedException.class, () -> scope.run(token -> lateStarts.incrementAndGet()));
      assertThrows(GateClosedException.class, () -> scope.call(token -> lateStarts.incrementAndGet()));
    }
    releaseAndCheck(closer, inside);
    for (SideThread visitor : visitors) {
      visitor.join();
    }
  }

  /** One way to bring work into a scope. */
  private interface Entry {
    void start(Scope scope, TaskAction work) throws Exception;
  }

  /** Races two entries, into a scope and a child of it, against two closes. */
  private static final class EntryRound implements Race.Round {
    private final Entry entry;
    private Scope raced = Scope.root("raced");
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicInteger started = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();
    private final AtomicInteger endedAtClose = new AtomicInteger();
    private final AtomicBoolean closeReturned = new AtomicBoolean();
    private final AtomicBoolean outlived = new AtomicBoolean();
    private int allAccepted;

    EntryRound(Entry entry) {
      this.entry = entry;
    }

    @Override
    public List<CloseStep> bodies() {
      Scope parent = Scope.root("raced");
      Scope child = parent.child("child");
      raced = parent;
      List.of(accepted, refused, started, ended).forEach(counter -> counter.set(0));
      closeReturned.set(false);
      return List.of(() -> enter(parent), () -> enter(child), () -> {
        parent.close();
        endedAtClose.set(ended.get());
        closeReturned.set(true);
      }, parent::close);
    }

    private void enter(Scope scope) throws Exception {
      try {
        entry.start(scope, token -> {
          started.incrementAndGet();
          Thread.onSpinWait();
          outlived.compareAndSet(false, closeReturned.get());
          ended.incrementAndGet();
        });
        accepted.incrementAndGet();
      } catch (GateClosedException closed) {
        refused.incrementAndGet();
      }
    }

    @Override
    public void check() {
      assertEquals(2, accepted.get() + refused.get());
      assertEquals(accepted.get(), started.get(), "a refused one started, or an accepted one did not");
      assertEquals(accepted.get(), endedAtClose.get(), "close returned before an accepted one had ended");
      assertFalse(outlived.get(), "a body ran after close had returned");
      Closed.check(raced);
      allAccepted += accepted.get();
    }
  }

  private static void race(Entry entry) throws Exception {
    EntryRound round = new EntryRound(entry);
    Race.run(round);
    assertTrue(round.allAccepted > 0, "none ever was in time: the race was none");
  }

  /** S2: racing a close, a spawn has two outcomes: it ran and was waited for, or it was refused and never started. */
  @Test
  void spawn_racingClose_hasTwoOutcomes() throws Exception {
    race((scope, work) -> scope.spawn(Work.READ, work));
  }

  /** S2, S6: racing a close, a visit has the same two outcomes. */
  @Test
  void visit_racingClose_hasTwoOutcomes() throws Exception {
    race(Scope::run);
  }

  /** S2: racing a close, work of a new child has the same two outcomes. */
  @Test
  void child_racingClose_hasTwoOutcomes() throws Exception {
    race((scope, work) -> scope.child("new").spawn(Work.READ, work));
  }

  /** A scope that has nothing but a gate's level and count; {@code window} runs between the two steps of a spawn. */
  private abstract static class Miniature {
    private boolean closing;
    private int inside;

    /** Says whether the task was accepted. */
    abstract boolean spawn(Thread task, Runnable window);

    final synchronized boolean enter() {
      if (closing) {
        return false;
      }
      inside++;
      return true;
    }

    final synchronized void leave() {
      inside--;
    }

    /** Begins to close; says whether nobody is inside, so that close may return. */
    final synchronized boolean close() {
      closing = true;
      return inside == 0;
    }
  }

  private static final class EntersThenStarts extends Miniature {
    @Override
    boolean spawn(Thread task, Runnable window) {
      if (!enter()) {
        return false;
      }
      window.run();
      task.start();
      return true;
    }
  }

  private static final class StartsThenEnters extends Miniature {
    @Override
    boolean spawn(Thread task, Runnable window) {
      task.start();
      window.run();
      return enter();
    }
  }

  /** S2: the right order: a close in the window waits for the task, and later ones never start. */
  @Test
  void spawn_closeComesInTheWindow_isWaitedFor() throws Exception {
    Miniature scope = new EntersThenStarts();
    Trail trail = new Trail();
    Thread task = Thread.ofVirtual().unstarted(() -> {
      trail.add("ran");
      scope.leave();
    });
    assertTrue(scope.spawn(task, () -> trail.add(scope.close() ? "close returned" : "close waits")));
    task.join();
    assertTrue(scope.close());
    assertEquals(List.of("close waits", "ran"), trail.events());

    Thread late = Thread.ofVirtual().unstarted(() -> trail.add("late"));
    assertFalse(scope.spawn(late, () -> trail.add("window")));
    assertEquals(Thread.State.NEW, late.getState());
    assertEquals(2, trail.events().size());
  }

  /** S2: the broken twin: the task runs when close has returned, and is refused though it has started. */
  @Test
  void spawnBroken_closeComesInTheWindow_outlivesClose() throws Exception {
    Miniature scope = new StartsThenEnters();
    Trail trail = new Trail();
    CountDownLatch released = new CountDownLatch(1);
    Thread task = Thread.ofVirtual().unstarted(() -> {
      trail.add("started");
      try {
        released.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      trail.add("still ran");
    });
    assertFalse(scope.spawn(task, () -> {
      Blocked.until(task);
      trail.add(scope.close() ? "close returned" : "close waits");
    }));
    assertTrue(task.isAlive());
    released.countDown();
    task.join();
    assertEquals(List.of("started", "close returned", "still ran"), trail.events());
  }
}
