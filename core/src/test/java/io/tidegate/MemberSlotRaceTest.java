// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.testing.Simulation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * G1, G2, S2 of {@link MemberSlots}: why entering looks again after it has taken a place, at the level of the gate and at the
 * array.
 *
 * <p>The twins look before only. A close that fits in between finds no guard, and returns while one is inside; an array that is
 * replaced in between keeps a guard that nobody finds there.
 */
final class MemberSlotRaceTest {
  /** As many places as the first array of a carrier has, and as many as come by the lock before it is replaced. */
  private static final int NARROW = MemberSlots.MIN_WIDTH;

  /** A gate that has nothing but a level and one place. */
  private abstract static class Miniature {
    volatile boolean closing;
    volatile boolean placed;
    boolean listed;

    /** Enters; {@code window} is run between the first look at the level and the taking of the place. */
    abstract boolean enter(Runnable window);

    /** Begins to close; says whether nobody is inside, so that close may return. */
    final boolean close() {
      closing = true;
      listed = placed;
      placed = false;
      return !listed;
    }
  }

  private static final class LooksAgain extends Miniature {
    @Override
    boolean enter(Runnable window) {
      if (closing) {
        return false;
      }
      window.run();
      placed = true;
      if (closing && placed) {
        placed = false;
        return false;
      }
      return true;
    }
  }

  private static final class LooksOnce extends Miniature {
    @Override
    boolean enter(Runnable window) {
      if (closing) {
        return false;
      }
      window.run();
      placed = true;
      return true;
    }
  }

  @Test
  void enter_closeComesInTheWindow_isRefused() {
    Miniature gate = new LooksAgain();

    assertFalse(gate.enter(() -> assertTrue(gate.close())));
    assertFalse(gate.placed);
  }

  /** The broken twin: inside a gate whose close has returned. */
  @Test
  void enterBroken_closeComesInTheWindow_isInsideAClosedGate() {
    Miniature gate = new LooksOnce();

    assertTrue(gate.enter(() -> assertTrue(gate.close())));
    assertTrue(gate.placed);
  }

  /** Arrays that are replaced, as those of a carrier are, and the list that takes who was in them. */
  private static final class Arrays {
    private final boolean looksAgain;
    final List<String> list = new ArrayList<>();
    volatile List<String> places = new ArrayList<>();

    Arrays(boolean looksAgain) {
      this.looksAgain = looksAgain;
    }

    /** Enters; {@code window} is run between the look at the array and the taking of the place. */
    void enter(Runnable window) {
      List<String> seen = places;
      window.run();
      seen.add("guard");
      if (looksAgain && places != seen && seen.remove("guard")) {
        list.add("guard");
      }
    }

    void replace() {
      List<String> before = places;
      places = new ArrayList<>();
      list.addAll(before);
      before.clear();
    }

    int inside() {
      return list.size() + places.size();
    }
  }

  @Test
  void enter_arrayIsReplacedInTheWindow_isInside() {
    Arrays arrays = new Arrays(true);
    arrays.enter(() -> {});
    arrays.enter(arrays::replace);
    assertEquals(2, arrays.inside());
  }

  /** The broken twin: a guard that a close does not wait for. */
  @Test
  void enterBroken_arrayIsReplacedInTheWindow_isOverlooked() {
    Arrays arrays = new Arrays(false);
    arrays.enter(() -> {});
    arrays.enter(arrays::replace);
    assertEquals(1, arrays.inside());
  }

  /** Has so many come and go. */
  static void crowd(Gate gate, int guards) {
    for (int i = 0; i < guards; i++) {
      gate.enter("crowd").close();
    }
  }

  private static List<Gate.Guard> enter(Gate gate, int guards) {
    return Stream.generate(() -> gate.enter("guard")).limit(guards).toList();
  }

  @Test
  void guards_manyMoreThanThereArePlaces_areAllInside() {
    GateImpl gate = GateImpl.root("gate");
    List<Gate.Guard> guards = enter(gate, 40_000); // the widest array of one carrier has 8,192 places
    assertEquals(40_000, gate.holders().size());
    guards.subList(0, 20_000).forEach(Gate.Guard::close);
    guards.subList(0, 20_000).forEach(Gate.Guard::close); // has no effect
    gate.enter("in a place that is free again").close();
    assertEquals(20_000, gate.ownMembers().size());
    gate.beginClose();
    assertEquals(20_000, gate.ownMembers().size());
    assertThrows(GateClosedException.class, () -> gate.enter("late"));
    guards.subList(20_000, 40_000).forEach(Gate.Guard::close);
    assertTrue(gate.isClosed());
  }

  /** Guards find no place, so the array is replaced, in all orders that a simulation finds; then the gate closes. */
  @Test
  @Tag("with-flag")
  void guards_whileTheArrayIsReplaced_areWaitedFor() {
    Simulation.explore(2_000, () -> {
      Scope server = Scope.root("server");
      GateImpl gate = GateImpl.root("gate");
      crowd(gate, MemberSlots.CROWD);
      List<Gate.Guard> staying = new ArrayList<>(enter(gate, NARROW - 1));
      Gate.Guard leaving = gate.enter("leaving");
      // Each by the lock, as all places are taken: one more, and the array is replaced.
      crowd(gate, NARROW - 1);
      List<Task<?>> visitors = new ArrayList<>();
      visitors.add(server.spawn(PlainKind.TASK, token -> leaving.close()));
      for (int i = 0; i < 2; i++) {
        visitors.add(server.spawn(PlainKind.TASK, token -> {
          staying.add(gate.enter("staying"));
          gate.enter("passing").close();
        }));
      }
      joinAll(visitors);
      assertEquals(staying.size(), gate.ownMembers().size());
      gate.beginClose();
      assertFalse(gate.isClosed());
      staying.forEach(Gate.Guard::close);
      assertTrue(gate.isClosed());
      server.close();
    });
  }

  /** Tasks take places and leave while their scope closes: each has run and was waited for, or was refused and never runs. */
  @Test
  @Tag("with-flag")
  void tasks_whileTheirScopeCloses_areWaitedForOrRefused() {
    Simulation.explore(3_000, () -> {
      Scope server = Scope.root("server");
      Scope timeline = server.child("timeline");
      crowd(timeline.gate(), MemberSlots.CROWD);
      AtomicInteger running = new AtomicInteger();
      List<Task<?>> visitors = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        visitors.add(server.spawn(PlainKind.TASK, token -> {
          try {
            timeline.spawn(PlainKind.TASK, own -> {
              running.incrementAndGet();
              assertFalse(timeline.isClosed());
              running.decrementAndGet();
            });
          } catch (GateClosedException late) {
            assertTrue(timeline.isClosing());
          }
        }));
      }
      timeline.close();
      assertEquals(0, running.get());
      joinAll(visitors);
      server.close();
    });
  }

  /** Guards enter and leave in all orders that a simulation finds, while the gate drains and closes. */
  @Test
  @Tag("with-flag")
  void guards_whileTheGateCloses_areWaitedForOrRefused() {
    Simulation.explore(3_000, () -> {
      Scope server = Scope.root("server");
      GateImpl gate = GateImpl.root("gate");
      crowd(gate, MemberSlots.CROWD);
      List<Task<?>> visitors = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        visitors.add(server.spawn(PlainKind.TASK, token -> visit(gate)));
      }
      gate.close();
      assertEquals(List.of(), gate.ownMembers());
      joinAll(visitors);
      server.close();
    });
  }

  /** Waits for tasks, none of which may have failed. */
  private static void joinAll(List<Task<?>> visitors) throws InterruptedException {
    for (Task<?> visitor : visitors) {
      visitor.join();
      assertEquals(Optional.empty(), visitor.exception());
    }
  }

  private static void visit(Gate gate) {
    for (int i = 0; i < 3; i++) {
      gate.tryEnter("visitor").ifPresent(guard -> {
        assertFalse(gate.isClosed());
        guard.close();
      });
    }
  }
}
