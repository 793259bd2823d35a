// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every number of steps before a close with every number after it, at each level; then the same steps in races. */
final class GateGridTest {
  private static final String GRID = "io.tidegate.Level#grid";

  private final Gate parent = Gate.create("parent");
  private final Gate gate = parent.child("grid");
  private final Gate below = gate.child("below");

  private Gate at(Level level) {
    return level.of(parent, gate, below);
  }

  /** Releases guards, which hold the close unless they are above, and waits for the close. */
  private void releaseAndJoin(SideThread closer, List<Gate.Guard> guards, Level level) throws Exception {
    if (level.isAbove()) {
      closer.join();
    }
    for (Gate.Guard guard : guards) {
      assertEquals(level.isAbove(), gate.isClosed());
      guard.close();
    }
    closer.join();
    assertTrue(gate.isClosed());
    assertTrue(below.isClosed());
    assertFalse(parent.isClosing());
    parent.close();
  }

  /** G1, G2, G3: who entered before is waited for, who comes after is refused. */
  @ParameterizedTest
  @MethodSource(GRID)
  void enter_beforeAndAfterClose_isHeldOrRefused(Level level, int before, int after) throws Exception {
    List<Gate.Guard> guards = new ArrayList<>();
    for (int i = 0; i < before; i++) {
      guards.add(at(level).enter("before " + i));
    }
    SideThread closer = SideThread.start(gate::close);
    SideThread.until(() -> gate.isClosing() && below.isClosing());
    for (int i = 0; i < after; i++) {
      if (level.isAbove()) {
        guards.add(at(level).enter("after"));
      } else {
        assertTrue(at(level).tryEnter("after").isEmpty());
        assertThrows(GateClosedException.class, () -> at(level).enter("after"));
      }
    }
    releaseAndJoin(closer, guards, level);
  }

  /** G3: the same for children, which are closed with their parent. */
  @ParameterizedTest
  @MethodSource(GRID)
  void child_beforeAndAfterClose_isClosedOrRefused(Level level, int before, int after) throws Exception {
    List<Gate.Guard> guards = new ArrayList<>();
    List<Gate> children = new ArrayList<>();
    Gate above = at(level);
    for (int i = 0; i < before; i++) {
      above = i % 2 == 0 ? above.child("deeper") : at(level).child("wider");
      children.add(above);
      guards.add(above.enter("holder"));
    }
    SideThread closer = SideThread.start(gate::close);
    SideThread.until(() -> gate.isClosing() && below.isClosing());
    SideThread.until(() -> level.isAbove() || children.stream().allMatch(Gate::isClosing));
    for (int i = 0; i < after; i++) {
      if (level.isAbove()) {
        children.add(parent.child("late"));
      } else {
        assertThrows(GateClosedException.class, () -> at(level).child("late"));
      }
    }
    assertTrue(children.stream().allMatch(child -> child.isClosing() != level.isAbove()));
    releaseAndJoin(closer, guards, level);
    children.forEach(child -> assertTrue(child.isClosed()));
  }

  /** G2, G4: guards that are released before and after the close begins. */
  @ParameterizedTest
  @MethodSource(GRID)
  void release_beforeAndAfterClose_closeWaitsForTheRest(Level level, int before, int after) throws Exception {
    List<Gate.Guard> guards = new ArrayList<>();
    for (int i = 0; i < before + after; i++) {
      guards.add(at(level).enter("holder"));
    }
    guards.subList(0, before).forEach(Gate.Guard::close);
    SideThread closer = SideThread.start(gate::close);
    SideThread.until(() -> gate.isClosing() && below.isClosing());
    guards.subList(0, before).forEach(Gate.Guard::close);
    releaseAndJoin(closer, guards.subList(before, before + after), level);
    Gate held = level.isAbove() ? gate : at(level);
    assertEquals(level.isAbove() ? 0 : after, held.close(Duration.ZERO).waitedForCount());
  }

  /** G1, G2: racing a close, an enter has two outcomes: it was inside and waited for, or it was refused. */
  @Test
  void enter_racingClose_hasTwoOutcomes() throws Exception {
    AtomicInteger entered = new AtomicInteger();
    Race.run(new Race.Round() {
      private Gate raced = gate;
      private final AtomicInteger inside = new AtomicInteger();
      private volatile boolean closeReturned;

      @Override
      public List<CloseStep> bodies() {
        Gate parent = Gate.create("raced");
        raced = parent;
        closeReturned = false;
        Gate child = parent.child("child");
        return List.of(() -> visit(parent), () -> visit(child), () -> close(parent), () -> close(parent));
      }

      private void visit(Gate visited) {
        visited.tryEnter("visitor").ifPresent(guard -> {
          inside.incrementAndGet();
          entered.incrementAndGet();
          assertFalse(closeReturned);
          assertFalse(raced.isClosed());
          inside.decrementAndGet();
          guard.close();
        });
      }

      private void close(Gate closed) {
        closed.close();
        closeReturned = true;
        assertEquals(0, inside.get());
        assertTrue(closed.isClosed());
      }

      @Override
      public void check() {
        assertEquals(List.of(), raced.holders());
      }
    });
    assertTrue(entered.get() > 0, "no visitor ever was in time: the race was none");
  }

  /** G3: racing a close, a child has two outcomes: it is closed with its parent, or it was refused. */
  @Test
  void child_racingClose_hasTwoOutcomes() throws Exception {
    Race.run(new Race.Round() {
      private volatile boolean closeReturned;

      @Override
      public List<CloseStep> bodies() {
        Gate parent = Gate.create("raced");
        closeReturned = false;
        return List.of(() -> open(parent), () -> open(parent), () -> {
          parent.close();
          closeReturned = true;
        });
      }

      private void open(Gate parent) {
        try {
          Gate child = parent.child("child");
          Gate grandchild = child.child("grandchild");
          grandchild.run("visitor", () -> assertFalse(closeReturned));
          SideThread.until(child::isClosed);
        } catch (GateClosedException refused) {
          assertTrue(parent.isClosing());
        }
      }

      @Override
      public void check() {
        assertTrue(closeReturned);
      }
    });
  }

  /** G2, G4: the last releases race each other, twice each, and the closes of parent and child. */
  @Test
  void release_racingCloses_allReturn() throws Exception {
    Race.run(new Race.Round() {
      private Gate raced = gate;

      @Override
      public List<CloseStep> bodies() {
        Gate parent = Gate.create("raced");
        Gate child = parent.child("child");
        raced = parent;
        Gate.Guard one = parent.enter("one");
        Gate.Guard other = child.enter("other");
        return List.of(one::close, other::close, other::close, one::close, child::close, parent::close);
      }

      @Override
      public void check() {
        assertTrue(raced.isClosed());
      }
    });
  }

  /** G4: racing a close, another guard is refused, or waited for as well. */
  @Test
  void another_racingClose_hasTwoOutcomes() throws Exception {
    Race.run(new Race.Round() {
      private Gate raced = gate;

      @Override
      public List<CloseStep> bodies() {
        Gate gate = Gate.create("raced");
        raced = gate;
        Gate.Guard first = gate.enter("first");
        return List.of(gate::close, () -> {
          try {
            Gate.Guard second = first.another("second");
            first.close();
            assertFalse(gate.isClosed());
            second.close();
          } catch (GateClosedException refused) {
            assertFalse(gate.isClosed());
            first.close();
          }
        });
      }

      @Override
      public void check() {
        assertTrue(raced.isClosed());
      }
    });
  }
}
