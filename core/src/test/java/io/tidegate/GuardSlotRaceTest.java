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
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * G1, G2, S2 of {@link GuardSlots}: why entering reads the level again after it has taken a place.
 *
 * <p>The twin reads it before only: a close that fits in between finds no guard, and returns while one is inside.
 */
final class GuardSlotRaceTest {
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

  @Test
  void guards_moreThanThereArePlaces_areAllInside() {
    GateImpl gate = GateImpl.root("gate");
    List<Gate.Guard> guards = Stream.generate(() -> gate.enter("guard")).limit(100).toList();
    assertEquals(100, gate.holders().size());
    guards.subList(0, 50).forEach(Gate.Guard::close);
    guards.subList(0, 50).forEach(Gate.Guard::close); // has no effect
    gate.enter("in a place that is free again").close();
    assertEquals(50, gate.ownMembers().size());
    gate.beginClose();
    assertEquals(50, gate.ownMembers().size());
    assertThrows(GateClosedException.class, () -> gate.enter("late"));
    guards.subList(50, 100).forEach(Gate.Guard::close);
    assertTrue(gate.isClosed());
  }

  /** Guards enter and leave in all orders that a simulation finds, while the gate drains and closes. */
  @Test
  @Tag("with-flag")
  void guards_whileTheGateCloses_areWaitedForOrRefused() {
    Simulation.explore(3_000, () -> {
      Scope server = Scope.root("server");
      GateImpl gate = GateImpl.root("gate");
      List<Task<?>> visitors = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        visitors.add(server.spawn(PlainKind.TASK, token -> visit(gate)));
      }
      gate.close();
      assertEquals(List.of(), gate.ownMembers());
      for (Task<?> visitor : visitors) {
        visitor.join();
        assertEquals(Optional.empty(), visitor.exception());
      }
      server.close();
    });
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
