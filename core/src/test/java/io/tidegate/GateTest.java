// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The contract of one gate; {@link GateTreeTest} has that of several. */
final class GateTest {
  private final Gate gate = Gate.create("files");

  /** Enters on a thread of its own, so that the test's thread may close. */
  private static Gate.Guard enterElsewhere(Gate gate, String holder) throws InterruptedException {
    AtomicReference<Gate.@Nullable Guard> guard = new AtomicReference<>();
    SideThread.start(() -> guard.set(gate.enter(holder))).join();
    return Objects.requireNonNull(guard.get());
  }

  private static void assertRefuses(Gate gate) {
    GateClosedException thrown = assertThrows(GateClosedException.class, () -> gate.enter("late"));
    assertTrue(thrown.toString().contains("late"), thrown::toString);
    assertTrue(thrown.toString().contains(gate.path()), thrown::toString);
    assertTrue(gate.tryEnter("late").isEmpty());
    assertThrows(GateClosedException.class, () -> gate.child("late"));
    assertThrows(GateClosedException.class, () -> gate.call("late", () -> {
      throw new AssertionError("ran");
    }));
    assertThrows(GateClosedException.class, () -> gate.run("late", () -> {
      throw new AssertionError("ran");
    }));
  }

  @Test
  void create_isOpen() {
    assertFalse(gate.isClosing());
    assertFalse(gate.isClosed());
    assertEquals("files", gate.path());
    assertEquals(List.of(), gate.holders());
  }

  @Test
  void close_empty_isClosedAtOnce() {
    gate.close();

    assertTrue(gate.isClosing());
    assertTrue(gate.isClosed());
    assertRefuses(gate);
  }

  /** G1: enter fails from the instant closing began, though nobody waits. */
  @Test
  void enter_afterBeginClose_isRefused() throws InterruptedException {
    Gate.Guard guard = enterElsewhere(gate, "first");
    gate.beginClose();

    assertTrue(gate.isClosing());
    assertFalse(gate.isClosed());
    assertRefuses(gate);
    guard.close();
    assertTrue(gate.isClosed());
    assertRefuses(gate);
  }

  /** G1: and for ever, though the one that waited has stopped waiting. */
  @Test
  void enter_afterCloseGaveUp_isRefused() throws InterruptedException {
    Gate.Guard guard = enterElsewhere(gate, "first");
    CloseReport report = gate.close(Duration.ofMillis(1));

    assertFalse(report.closed());
    assertEquals(List.of("first"), report.left().stream().map(Holder::name).toList());
    assertRefuses(gate);
    guard.close();
    assertTrue(gate.isClosed());
    assertTrue(gate.close(Duration.ZERO).closed());
  }

  /** G2: close waits for every guard. */
  @Test
  void close_held_waitsForAll() throws Exception {
    List<Gate.Guard> guards = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      guards.add(gate.enter("holder " + i));
    }
    SideThread closer = SideThread.startParked(gate::close);
    for (Gate.Guard guard : guards) {
      assertFalse(gate.isClosed());
      assertTrue(closer.isAlive());
      guard.close();
    }
    closer.join();
    assertTrue(gate.isClosed());
  }

  /** G2: all concurrent closers wait, and all return. */
  @Test
  void close_byMany_allReturn() throws Exception {
    Gate.Guard guard = gate.enter("holder");
    List<SideThread> closers = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      closers.add(SideThread.startParked(i % 2 == 0 ? gate::close : () -> gate.close(Duration.ofHours(1))));
    }
    guard.close();
    for (SideThread closer : closers) {
      closer.join();
    }
    gate.close();
  }

  /** G2: a close waits through interrupts, and restores the status. */
  @Test
  void close_interrupted_waitsAndRestoresStatus() throws Exception {
    Gate.Guard guard = gate.enter("holder");
    SideThread closer = SideThread.startParked(() -> {
      gate.close();
      assertTrue(Thread.currentThread().isInterrupted());
      assertTrue(gate.isClosed());
    });
    for (int i = 0; i < 3; i++) {
      closer.thread().interrupt();
      SideThread.until(() -> !closer.thread().isInterrupted());
      Blocked.until(closer.thread());
    }
    guard.close();
    closer.join();
  }

  /** G2: the limit ends only the waiting; another closer goes on. */
  @Test
  void close_limitPasses_othersWaitOn() throws Exception {
    Gate.Guard guard = gate.enter("holder");
    SideThread patient = SideThread.startParked(gate::close);
    SideThread hasty = SideThread.start(() -> assertFalse(gate.close(Duration.ofMillis(2)).closed()));
    hasty.join();
    assertTrue(patient.isAlive());
    guard.close();
    patient.join();
  }

  /** G4: any thread releases a guard; releasing it twice is harmless. */
  @Test
  void guard_closedElsewhereAndTwice_leavesOnce() throws Exception {
    Gate.Guard guard = gate.enter("one");
    Gate.Guard other = gate.enter("other");
    SideThread.start(guard::close).join();
    guard.close();
    guard.close();
    assertEquals(List.of("other"), gate.holders().stream().map(Holder::name).toList());
    gate.beginClose();
    guard.close();
    assertFalse(gate.isClosed());
    other.close();
    assertTrue(gate.isClosed());
    other.close();
  }

  /** G4: another guard of the same gate, until closing. */
  @Test
  void another_isAGuardOfItsOwn_andRefusedOnceClosing() {
    Gate.Guard guard = gate.enter("first");
    Gate.Guard another = guard.another("second");
    guard.close();
    assertEquals(List.of("second"), gate.holders().stream().map(Holder::name).toList());
    gate.beginClose();

    assertThrows(GateClosedException.class, () -> another.another("third"));
    assertFalse(gate.isClosed());
    another.close();
    assertTrue(gate.isClosed());
  }

  /** A body runs inside, and leaves however it ends. */
  @Test
  void call_bodyThrows_leaves() throws Exception {
    assertEquals("inside", gate.call("caller", () -> {
      assertEquals("caller", gate.holders().getFirst().name());
      return "inside";
    }));
    assertThrows(IOException.class, () -> gate.call("caller", () -> {
      throw new IOException("of the body");
    }));
    assertThrows(IllegalStateException.class, () -> gate.run("runner", () -> {
      throw new IllegalStateException("of the body");
    }));
    gate.run("runner", () -> assertEquals(1, gate.holders().size()));
    assertEquals(List.of(), gate.holders());
  }

  /** G5: who is inside, oldest first, with note, thread and stack. */
  @Test
  void holders_tellWhoIsInside() throws Exception {
    Gate.Guard first = gate.enter("first");
    first.note("reading layer 7");
    CountDownLatch latch = new CountDownLatch(1);
    SideThread second = SideThread.startParked(() -> {
      Thread.currentThread().setName("second's thread");
      Gate.Guard guard = gate.enter("second");
      latch.await();
      guard.close();
    });
    Map<String, Holder> holders = gate.holders().stream().collect(Collectors.toMap(Holder::name, Function.identity()));

    assertEquals(Set.of("first", "second"), holders.keySet());
    Holder reading = Objects.requireNonNull(holders.get("first"));
    assertEquals("reading layer 7", reading.note());
    assertEquals("files", reading.path());
    assertEquals(Thread.currentThread().getName(), reading.thread());
    Holder parked = Objects.requireNonNull(holders.get("second"));
    assertEquals("", parked.note());
    assertEquals("second's thread", parked.thread());
    assertTrue(parked.parkedOn().contains("CountDownLatch"), parked::parkedOn);
    assertTrue(parked.frames().getFirst().getClassName().startsWith("java.util.concurrent"), parked::toString);
    assertFalse(parked.age().isNegative());
    latch.countDown();
    second.join();
    first.close();
  }

  /** G6: the thread that holds a guard cannot close; nothing has begun then. */
  @Test
  void close_byHolder_failsAtOnceNamingTheGuard() {
    Gate.Guard guard = gate.enter("own work");

    for (IllegalStateException thrown : List.of(
        assertThrows(IllegalStateException.class, gate::close),
        assertThrows(IllegalStateException.class, () -> gate.close(Duration.ZERO)))) {
      assertTrue(thrown.toString().contains("own work"), thrown::toString);
    }
    assertFalse(gate.isClosing());
    guard.close();
    gate.close();
  }

  /** G6: so cannot the task, whichever thread it entered on; another task waits. */
  @Test
  void close_byHoldingTask_failsAtOnce() throws Exception {
    Scope scope = Scope.root("tasks");
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    Task<String> holder = scope.fork(token -> {
      Gate.Guard guard = gate.enter("held by a task");
      entered.countDown();
      String message = assertThrows(IllegalStateException.class, gate::close).toString();
      release.await();
      guard.close();
      return message;
    });
    entered.await();
    Task<Boolean> closer = scope.fork(token -> {
      gate.close();
      return gate.isClosed();
    });
    SideThread.until(gate::isClosing);
    release.countDown();
    holder.join();
    closer.join();

    assertTrue(holder.result().contains("held by a task"), holder::result);
    assertTrue(closer.result());
    scope.close();
  }

  /** G6: a gate above the held one as well, and a scope's gate closed by a task of it. */
  @Test
  void close_ofAncestorByHolder_failsAtOnce() throws Exception {
    Gate child = gate.child("layer");
    Gate.Guard guard = child.enter("deep inside");
    IllegalStateException thrown = assertThrows(IllegalStateException.class, gate::close);
    assertTrue(thrown.toString().contains("deep inside"), thrown::toString);
    assertFalse(child.isClosing());
    guard.close();

    Scope scope = Scope.root("own");
    Task<String> task = scope.child("below").fork(token ->
        assertThrows(IllegalStateException.class, scope.gate()::close).toString());
    task.join();
    assertTrue(task.result().contains(task.name()), task::result);
    assertFalse(scope.isClosing());
    scope.close();
  }

  /** G7: what a holder did happens-before close returning: plain writes are seen. */
  @Test
  void close_afterRelease_seesWhatHoldersWrote() throws Exception {
    Race.run(new Race.Round() {
      private Gate raced = gate;
      private int[] plain = {};
      private int entered;

      @Override
      public List<CloseStep> bodies() {
        raced = Gate.create("raced");
        plain = new int[2];
        entered = 0;
        return List.of(() -> write(0), () -> write(1), () -> {
          raced.close();
          entered = plain[0] + plain[1];
        });
      }

      private void write(int index) {
        raced.tryEnter("writer").ifPresent(guard -> {
          plain[index] = 1;
          guard.close();
        });
      }

      @Override
      public void check() {
        // What was not seen by the closer was never written: those entered too late.
        assertEquals(entered, plain[0] + plain[1]);
      }
    });
  }

  @Test
  void report_ofClosed_tellsWhoWasWaitedFor() throws Exception {
    Gate.Guard late = enterElsewhere(gate, "late one");
    SideThread closer = SideThread.startParked(() -> {
      CloseReport report = gate.close(Duration.ofHours(1));
      assertTrue(report.closed());
      assertTrue(report.isOrderly());
      assertEquals("files", report.path());
      assertEquals(List.of("late one"), report.waitedFor().stream().map(CloseReport.Departure::name).toList());
      assertEquals(1, report.waitedForCount());
      assertEquals(List.of(), report.left());
    });
    late.close();
    closer.join();
    assertEquals(1, gate.close(Duration.ZERO).waitedForCount());
  }
}
