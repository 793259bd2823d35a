// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.testing.Simulation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * G1, G2 and S1 to S4 of {@link MemberSlots}: why entering looks at the level again after it has taken a place, why one word
 * decides who takes a member out of it, and why who begins to close looks again when all are counted.
 *
 * <p>The twins do not. A close that fits in between finds no guard, and returns while one is inside; a member that has been
 * counted goes away, or the last one leaves before it is counted, and the close waits for ever.
 */
final class MemberSlotRaceTest {
  /** As many places as the first array of a carrier has, and as many as come by the lock before it has another one. */
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

  /** A member that is in a place, and that a closing gate counts. */
  private abstract static class Placed {
    final AtomicInteger word = new AtomicInteger(PLACED);
    boolean cleared;

    static final int NONE = 0;
    static final int PLACED = 1;
    static final int COUNTED = 2;

    /** Takes itself out, as the gate is closing; {@code window} is run between the look at the word and its change. */
    abstract boolean takesItselfOut(Runnable window);

    final boolean count() {
      return word.compareAndSet(PLACED, COUNTED);
    }
  }

  private static final class ByOneStep extends Placed {
    @Override
    boolean takesItselfOut(Runnable window) {
      window.run();
      cleared = word.compareAndSet(PLACED, NONE);
      return cleared;
    }
  }

  private static final class ByTwoSteps extends Placed {
    @Override
    boolean takesItselfOut(Runnable window) {
      if (word.get() != PLACED) {
        return false;
      }
      window.run();
      word.set(NONE);
      cleared = true;
      return true;
    }
  }

  @Test
  void takeOut_memberIsCountedInTheWindow_isInside() {
    Placed member = new ByOneStep();
    assertFalse(member.takesItselfOut(() -> assertTrue(member.count())));
    assertFalse(member.cleared);
    assertTrue(new ByOneStep().takesItselfOut(() -> {}));
  }

  /** The broken twin: counted, and gone without counting down. */
  @Test
  void takeOutBroken_memberIsCountedInTheWindow_isMissedForEver() {
    Placed member = new ByTwoSteps();
    assertTrue(member.takesItselfOut(() -> assertTrue(member.count())));
    assertTrue(member.cleared);
  }

  /** A gate that counts who is inside when it closes, and is empty when they have counted down. */
  private static final class Counting {
    private final boolean looksAfterwards;
    private int counted;
    boolean empty;

    Counting(boolean looksAfterwards) {
      this.looksAfterwards = looksAfterwards;
    }

    void leave() {
      empty |= --counted == 0;
    }

    /** Closes; {@code window} is run when all members are counted, before their number is noted. */
    void close(int inside, Runnable window) {
      window.run();
      counted += inside;
      empty |= looksAfterwards && counted == 0;
    }
  }

  @Test
  void lastOne_leavesWhileItIsCounted_gateIsEmpty() {
    Counting gate = new Counting(true);
    gate.close(2, () -> {
      gate.leave();
      gate.leave();
    });
    assertTrue(gate.empty);
  }

  /** The broken twin: nobody is inside, and nobody sees that. */
  @Test
  void lastOneBroken_leavesWhileItIsCounted_gateIsNeverEmpty() {
    Counting gate = new Counting(false);
    gate.close(2, () -> {
      gate.leave();
      gate.leave();
    });
    assertFalse(gate.empty);
    Counting later = new Counting(false);
    later.close(1, () -> {});
    later.leave();
    assertTrue(later.empty);
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

  /** Guards find no place, so their carrier gets more, in all orders that a simulation finds; then the gate closes. */
  @Test
  @Tag("with-flag")
  void guards_whileTheirCarrierGetsMorePlaces_areWaitedFor() {
    Simulation.explore(2_000, () -> {
      Scope server = Scope.root("server");
      GateImpl gate = GateImpl.root("gate");
      crowd(gate, MemberSlots.CROWD);
      List<Gate.Guard> staying = new ArrayList<>(enter(gate, NARROW - 1));
      Gate.Guard leaving = gate.enter("leaving");
      // Each by the lock, as all places are taken: one more, and there is another array.
      crowd(gate, NARROW - 1);
      List<Task<?>> visitors = new ArrayList<>();
      visitors.add(server.spawn(PlainKind.TASK, token -> leaving.close()));
      for (int i = 0; i < 2; i++) {
        visitors.add(server.spawn(PlainKind.TASK, token -> {
          staying.add(gate.enter("staying"));
          gate.enter("passing").close();
        }));
      }
      Joined.all(visitors);
      assertEquals(staying.size(), gate.ownMembers().size());
      gate.beginClose();
      assertFalse(gate.isClosed());
      staying.forEach(Gate.Guard::close);
      assertTrue(gate.isClosed());
      server.close();
    });
  }

  /** Members are moved to the list where there is no wider array, while others come and go. */
  @Test
  @Tag("with-flag")
  void members_whileRoomIsMade_areInAPlaceOrInTheList() {
    Simulation.explore(3_000, () -> {
      Scope server = Scope.root("server");
      GateImpl gate = GateImpl.root("gate");
      MemberSlots slots = new MemberSlots(1);
      MemberList list = new MemberList();
      Member first = new GuardImpl(gate, "first");
      assertTrue(slots.put(first));
      List<Task<?>> visitors = new ArrayList<>();
      visitors.add(server.spawn(PlainKind.TASK, token -> slots.widen(list)));
      visitors.add(server.spawn(PlainKind.TASK, token -> {
        if (!slots.take(first)) {
          assertTrue(list.remove(first));
        }
      }));
      Member second = new GuardImpl(gate, "second");
      visitors.add(server.spawn(PlainKind.TASK, token -> assertTrue(slots.put(second))));
      Joined.all(visitors);
      List<Member> inside = new ArrayList<>();
      slots.forEach(inside::add);
      list.forEach(inside::add);
      assertEquals(List.of(second), inside);
      gate.close();
      server.close();
    });
  }

  /** Guards in places and in the list are closed, one of them twice, while the gate begins to close and counts them. */
  @Test
  @Tag("with-flag")
  void guards_leavingWhileTheyAreCounted_closeTheGate() {
    Simulation.explore(5_000, () -> {
      Scope server = Scope.root("server");
      GateImpl gate = GateImpl.root("gate");
      Gate.Guard listed = gate.enter("listed");
      crowd(gate, MemberSlots.CROWD);
      Gate.Guard placed = gate.enter("placed");
      Gate.Guard stays = gate.enter("stays");
      List<Task<?>> visitors = new ArrayList<>();
      visitors.add(server.spawn(PlainKind.TASK, token -> {
        placed.close();
        listed.close();
      }));
      visitors.add(server.spawn(PlainKind.TASK, token -> placed.close()));
      gate.beginClose();
      assertFalse(gate.isClosed());
      Joined.all(visitors);
      assertEquals(List.of(stays), gate.ownMembers());
      stays.close();
      assertTrue(gate.isClosed());
      assertEquals("stays", gate.report().waitedFor().getLast().name());
      server.close();
    });
  }

  /** All leave before the closing ends, so that it may be anybody's to see the gate empty. */
  @Test
  @Tag("with-flag")
  void guards_allLeavingWhileTheyAreCounted_closeTheGate() {
    Simulation.explore(3_000, () -> {
      Scope server = Scope.root("server");
      GateImpl gate = GateImpl.root("gate");
      Gate.Guard listed = gate.enter("listed");
      crowd(gate, MemberSlots.CROWD);
      Gate.Guard placed = gate.enter("placed");
      List<Task<?>> visitors = new ArrayList<>();
      visitors.add(server.spawn(PlainKind.TASK, token -> placed.close()));
      visitors.add(server.spawn(PlainKind.TASK, token -> listed.close()));
      visitors.add(server.spawn(PlainKind.TASK, token -> gate.close()));
      Joined.all(visitors);
      assertEquals(List.of(), gate.ownMembers());
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
      Joined.all(visitors);
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
      Joined.all(visitors);
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
