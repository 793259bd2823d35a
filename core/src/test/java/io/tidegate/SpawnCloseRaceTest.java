// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * S2: every number of starts before a close with every number after it, at each level and for each form of closing; the
 * same in races; and the broken order.
 */
final class SpawnCloseRaceTest {
  private final Scope parent = Scope.root("parent");
  private final Scope scope = parent.child("grid");
  private final Scope below = scope.child("below");
  private final AtomicInteger lateStarts = new AtomicInteger();
  private final List<Stubborn> inside = new ArrayList<>();

  /** How a scope is closed; each form waits for those inside. */
  enum Form {
    HARD {
      @Override
      void close(Scope scope) {
        scope.close();
      }
    },
    GRACEFUL {
      @Override
      void close(Scope scope) {
        scope.closeGracefully(Duration.ofDays(1));
      }
    },
    GATE_ONLY {
      @Override
      void close(Scope scope) {
        scope.gate().close();
      }
    };

    abstract void close(Scope scope);
  }

  private static final List<Form> FORMS = List.of(Form.values());

  static Stream<Arguments> grid() {
    return FORMS.stream()
        .flatMap(form -> Level.grid().map(cell -> Arguments.of(form, cell.get()[0], cell.get()[1], cell.get()[2])));
  }

  private Scope at(Level level) {
    return level.of(parent, scope, below);
  }

  /** Starts to close and returns when outsiders are refused, here and below. */
  private SideThread startToClose(Form form) {
    SideThread closer = SideThread.start(() -> form.close(scope));
    SideThread.until(() -> scope.isClosing() && below.isClosing());
    return closer;
  }

  /** Releases those inside, who hold the close unless they are above, and waits for the close. */
  private void releaseAndCheck(SideThread closer, Level level) throws Exception {
    if (level.isAbove()) {
      closer.join();
    }
    for (Stubborn each : inside) {
      assertEquals(level.isAbove(), scope.isClosed());
      assertEquals(level.isAbove(), !closer.isAlive());
      each.release();
    }
    closer.join();
    Closed.check(below);
    Closed.check(scope);
    assertFalse(parent.isClosing());
    assertFalse(parent.token().isCancelled());
    parent.close();
    Closed.check(parent);
    assertEquals(0, lateStarts.get());
  }

  private Stubborn newStubborn() {
    Stubborn stubborn = new Stubborn();
    inside.add(stubborn);
    return stubborn;
  }

  /** S2: tasks spawned before are waited for, those after are refused and never start. */
  @ParameterizedTest
  @MethodSource("grid")
  void spawn_beforeAndAfterClose_isWaitedForOrRefused(Form form, Level level, int before, int after)
      throws Exception {
    List<Task<String>> tasks = new ArrayList<>();
    for (int i = 0; i < before; i++) {
      tasks.add(fork(level));
    }
    SideThread closer = startToClose(form);
    for (int i = 0; i < after; i++) {
      if (level.isAbove()) {
        tasks.add(fork(level));
      } else {
        Scope closing = at(level);
        assertThrows(GateClosedException.class, () -> closing.spawn(Work.READ, token -> lateStarts.incrementAndGet()));
        assertThrows(GateClosedException.class, () -> closing.fork(token -> lateStarts.incrementAndGet()));
      }
    }
    releaseAndCheck(closer, level);
    tasks.forEach(task -> assertEquals(Task.State.SUCCEEDED, task.state()));
  }

  private Task<String> fork(Level level) throws InterruptedException {
    Stubborn stubborn = newStubborn();
    Task<String> task = at(level).fork(Work.READ, stubborn);
    stubborn.awaitInside();
    return task;
  }

  /** S2: children opened before are closed with their parent, those after are refused. */
  @ParameterizedTest
  @MethodSource("grid")
  void child_beforeAndAfterClose_isClosedOrRefused(Form form, Level level, int before, int after) throws Exception {
    List<Scope> children = new ArrayList<>();
    Scope above = at(level);
    for (int i = 0; i < before; i++) {
      above = i % 2 == 0 ? above.child("deeper") : at(level).child("wider");
      children.add(above);
      Stubborn stubborn = newStubborn();
      above.spawn(Work.READ, stubborn);
      stubborn.awaitInside();
    }
    SideThread closer = startToClose(form);
    SideThread.until(() -> level.isAbove() || children.stream().allMatch(Scope::isClosing));
    for (int i = 0; i < after; i++) {
      if (level.isAbove()) {
        children.add(parent.child("late"));
      } else {
        assertThrows(GateClosedException.class, () -> at(level).child("late"));
      }
    }
    for (Scope child : children) {
      assertEquals(!level.isAbove(), child.isClosing());
      if (child.isClosing()) {
        assertThrows(GateClosedException.class, () -> child.child("late"));
        assertThrows(GateClosedException.class, () -> child.spawn(Work.READ, token -> lateStarts.incrementAndGet()));
      }
    }
    releaseAndCheck(closer, level);
    children.forEach(Closed::check);
  }

  /** S2, S6: visitors that entered before are waited for, those after are refused and do not start. */
  @ParameterizedTest
  @MethodSource("grid")
  void visit_beforeAndAfterClose_isWaitedForOrRefused(Form form, Level level, int before, int after)
      throws Exception {
    List<SideThread> visitors = new ArrayList<>();
    for (int i = 0; i < before; i++) {
      visitors.add(visit(level));
    }
    SideThread closer = startToClose(form);
    for (int i = 0; i < after; i++) {
      if (level.isAbove()) {
        visitors.add(visit(level));
      } else {
        Scope closing = at(level);
        assertThrows(GateClosedException.class, closing::enter);
        assertThrows(GateClosedException.class, () -> closing.run(token -> lateStarts.incrementAndGet()));
        assertThrows(GateClosedException.class, () -> closing.call(token -> lateStarts.incrementAndGet()));
      }
    }
    releaseAndCheck(closer, level);
    for (SideThread visitor : visitors) {
      visitor.join();
    }
  }

  private SideThread visit(Level level) throws InterruptedException {
    Stubborn stubborn = newStubborn();
    SideThread visitor = SideThread.start(() -> at(level).run(stubborn));
    stubborn.awaitInside();
    return visitor;
  }

  /** One way to bring work into a scope. */
  private interface Entry {
    void start(Scope scope, TaskAction work) throws Exception;
  }

  /** Races entries, above a scope, into it and below it, against two closes of it, of all forms. */
  private static final class EntryRound implements Race.Round {
    private final Entry entry;
    private Scope above = Scope.root("above");
    private Scope raced = above.child("raced");
    private final AtomicInteger acceptedAbove = new AtomicInteger();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicInteger started = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();
    private final AtomicInteger endedAtClose = new AtomicInteger();
    private final AtomicBoolean closeReturned = new AtomicBoolean();
    private final AtomicBoolean outlived = new AtomicBoolean();
    private int rounds;
    private int allAccepted;

    EntryRound(Entry entry) {
      this.entry = entry;
    }

    @Override
    public List<CloseStep> bodies() {
      Scope parent = Scope.root("above");
      Scope scope = parent.child("raced");
      Scope child = scope.child("child");
      above = parent;
      raced = scope;
      List.of(acceptedAbove, accepted, refused, started, ended).forEach(counter -> counter.set(0));
      closeReturned.set(false);
      Form one = FORMS.get(rounds % FORMS.size());
      Form other = FORMS.get(rounds / FORMS.size() % FORMS.size());
      rounds++;
      return List.of(() -> enterAbove(parent), () -> enter(scope), () -> enter(child), () -> {
        one.close(scope);
        endedAtClose.set(ended.get());
        closeReturned.set(true);
      }, () -> other.close(scope));
    }

    private void enterAbove(Scope scope) throws Exception {
      entry.start(scope, token -> acceptedAbove.incrementAndGet());
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
      assertFalse(above.isClosing());
      above.close();
      assertEquals(1, acceptedAbove.get(), "the close of a child refused one above it");
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
