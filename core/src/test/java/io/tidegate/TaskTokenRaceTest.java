// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.testing.Simulation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * T2, C1 to C3 of {@link TaskToken}: why a task looks at its scope's token after it has entered, and why it looks what is
 * attached after it is told no more.
 *
 * <p>The twins look first: a cancel, or a listener, that fits in between is lost.
 */
final class TaskTokenRaceTest {
  /** A scope with one task; {@code window} is run where another thread could get a turn. */
  private abstract static class Entering {
    boolean scopeCancelled;
    boolean inGate;
    boolean taskCancelled;

    abstract void enter(Runnable window);

    final void cancelScope() {
      scopeCancelled = true;
      taskCancelled |= inGate;
    }
  }

  private static final class EntersFirst extends Entering {
    @Override
    void enter(Runnable window) {
      inGate = true;
      window.run();
      taskCancelled |= scopeCancelled;
    }
  }

  private static final class LooksFirst extends Entering {
    @Override
    void enter(Runnable window) {
      taskCancelled |= scopeCancelled;
      window.run();
      inGate = true;
    }
  }

  @Test
  void enter_scopeIsCancelledInTheWindow_isCancelled() {
    Entering task = new EntersFirst();
    task.enter(task::cancelScope);
    assertTrue(task.taskCancelled);
  }

  /** The broken twin: runs in a cancelled scope and never hears of it. */
  @Test
  void enterBroken_scopeIsCancelledInTheWindow_isNot() {
    Entering task = new LooksFirst();
    task.enter(task::cancelScope);
    assertFalse(task.taskCancelled);
  }

  /** A task that leaves, and a listener on its token. */
  private abstract static class Leaving {
    boolean told = true;
    boolean attached;
    boolean linked;

    abstract void leave(Runnable window);

    final void listen() {
      attached = true;
      linked = !told; // who finds the token told by the gate leaves the link to the task
    }

    /** Whether a cancel of the scope, when the task has left, finds the listener. */
    final boolean isHeard() {
      return attached && linked;
    }
  }

  private static final class ChangesFirst extends Leaving {
    @Override
    void leave(Runnable window) {
      told = false;
      window.run();
      linked |= attached;
    }
  }

  private static final class LooksBefore extends Leaving {
    @Override
    void leave(Runnable window) {
      linked |= attached;
      window.run();
      told = false;
    }
  }

  @Test
  void leave_listenerComesInTheWindow_isHeard() {
    Leaving task = new ChangesFirst();
    task.leave(task::listen);
    assertTrue(task.isHeard());
  }

  /** The broken twin: attached to a token that no cancel comes to any more. */
  @Test
  void leaveBroken_listenerComesInTheWindow_isLost() {
    Leaving task = new LooksBefore();
    task.leave(task::listen);
    assertTrue(task.attached);
    assertFalse(task.isHeard());
  }

  /** All orders that a simulation finds of tasks that come and go while their scope is cancelled: none is forgotten. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("with-flag")
  void cancel_tasksComeAndGo_allAreCancelledInEverySchedule(boolean inPlaces) {
    Simulation.explore(3_000, () -> {
      List<CancellationToken> tokens = new ArrayList<>();
      AtomicInteger heard = new AtomicInteger();
      Scope server = Scope.root("server");
      Scope timeline = server.child("timeline");
      MemberSlotRaceTest.crowd(timeline.gate(), inPlaces ? MemberSlots.CROWD : 0);
      Task<?> ends = timeline.spawn(PlainKind.TASK, token -> {
        tokens.add(token);
        token.onCancel(heard::incrementAndGet);
      });
      Task<?> comes = server.spawn(PlainKind.TASK, token -> timeline.spawn(PlainKind.TASK, own -> {
        tokens.add(own);
        own.child().onCancel(heard::incrementAndGet);
      }).join());
      Task<?> listens = server.spawn(PlainKind.TASK, token -> {
        ends.join();
        tokens.getFirst().onCancel(heard::incrementAndGet);
      });
      timeline.cancel("enough");
      List.copyOf(tokens).forEach(token -> assertTrue(token.isCancelled(), token::toString));
      ends.join();
      comes.join();
      listens.join();
      assertEquals(2, tokens.size());
      tokens.forEach(token -> assertTrue(token.isCancelled(), token::toString));
      server.close();
      assertEquals(3, heard.get());
      tokens.forEach(Traces::checkNone);
    });
  }

  /** All orders in which a task leaves while another listens to its token: a cancel that comes later is heard. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("with-flag")
  void leave_anotherListens_cancelIsHeardInEverySchedule(boolean toChild) {
    Simulation.explore(2_000, () -> {
      AtomicInteger heard = new AtomicInteger();
      Scope server = Scope.root("server");
      Scope timeline = server.child("timeline");
      Task<?> ends = timeline.spawn(PlainKind.TASK, token -> {});
      TaskToken left = ((TaskImpl<?>) ends).token();
      TokenNode listened = toChild ? left.child() : left;
      Task<?> listens = server.spawn(PlainKind.TASK, token -> listened.onCancel(heard::incrementAndGet));
      ends.join();
      listens.join();
      timeline.close();
      server.close();
      assertEquals(1, heard.get());
      Traces.checkNone(left);
    });
  }

  /** T4: what is attached to the token of an ended task stays attached until it is taken back, and no longer. */
  @Test
  void listener_taskEnds_isHeardAndLeavesNothing() throws Exception {
    AtomicInteger heard = new AtomicInteger();
    try (Scope scope = Scope.root("scope")) {
      TokenNode above = (TokenNode) scope.token();
      Task<?> listened = scope.spawn(PlainKind.TASK, token -> token.onCancel(heard::incrementAndGet).close());
      listened.join();
      TokenGraphTest.assertLinkedBelow(0, above);
      Task<Registration> listens = scope.fork(token -> token.onCancel(heard::incrementAndGet));
      Task<Registration> tookBack = scope.fork(token -> token.onCancel(heard::incrementAndGet));
      listens.join();
      tookBack.join();
      TokenGraphTest.assertLinkedBelow(2, above);
      assertTrue(tookBack.result().close());
      TokenGraphTest.assertLinkedBelow(1, above);
    }
    assertEquals(1, heard.get());
  }
}
