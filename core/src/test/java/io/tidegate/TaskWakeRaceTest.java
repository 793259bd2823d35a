// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.testing.Simulation;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * T2, {@link TaskToken}: why a task says that it waits before it looks whether it is cancelled.
 *
 * <p>The twin looks first: a cancel that fits in between finds nobody who waits, and the task parks for ever.
 */
final class TaskWakeRaceTest {
  /** A task that waits, and a token of its own; {@code window} is run where another thread could get a turn. */
  private abstract static class Miniature {
    volatile boolean waiting;
    volatile boolean cancelled;
    volatile boolean woken;

    /** Says whether it would park. */
    abstract boolean goesToPark(Runnable window);

    final void cancel() {
      cancelled = true;
      if (waiting) {
        woken = true;
      }
    }
  }

  private static final class SaysFirst extends Miniature {
    @Override
    boolean goesToPark(Runnable window) {
      waiting = true;
      window.run();
      return !cancelled;
    }
  }

  private static final class LooksFirst extends Miniature {
    @Override
    boolean goesToPark(Runnable window) {
      boolean parks = !cancelled;
      window.run();
      waiting = true;
      return parks;
    }
  }

  @Test
  void wait_cancelGoesBy_doesNotParkUnwoken() {
    Miniature task = new SaysFirst();

    assertFalse(task.goesToPark(task::cancel));
    assertTrue(task.woken);
  }

  /** The broken twin: parks, and nobody has woken it. */
  @Test
  void waitBroken_cancelGoesBy_parksForEver() {
    Miniature task = new LooksFirst();

    assertTrue(task.goesToPark(task::cancel));
    assertTrue(task.cancelled);
    assertFalse(task.woken);
  }

  /** All orders that a simulation finds of tasks that begin to wait while they, or their scope, are cancelled. */
  @Test
  @Tag("with-flag")
  void wait_cancelledFromEachSide_endsInEverySchedule() {
    Simulation.explore(2_000, () -> {
      Scope server = Scope.root("server");
      Scope timeline = server.child("timeline");
      Task<?> own = timeline.spawn(PlainKind.TASK, token -> token.awaitCancelled());
      Task<?> scopes = timeline.spawn(PlainKind.TASK, token -> CancellationToken.create().awaitCancelled());
      Task<?> rests = server.spawn(PlainKind.TASK, CancellationToken::awaitCancelled);
      server.spawn(PlainKind.TASK, token -> own.cancel("by itself"));
      server.spawn(PlainKind.TASK, token -> timeline.cancel("by its scope"));
      own.join();
      scopes.join();
      assertEquals(Task.State.SUCCEEDED, own.state());
      assertEquals(Task.State.CANCELLED, scopes.state());
      assertEquals(Task.State.RUNNING, rests.state());
      server.close();
      assertEquals(Task.State.SUCCEEDED, rests.state());
    });
  }

  /** What is not a task's own wait still ends: a visit answers to the visited scope's token, through a token of its own. */
  @Test
  @Tag("with-flag")
  void visit_scopeIsCancelled_endsTheWait() {
    Simulation.explore(500, () -> {
      Scope server = Scope.root("server");
      Scope visited = server.child("visited");
      Task<?> visitor = server.spawn(PlainKind.TASK, token ->
          assertThrows(CancelledException.class, () -> visited.run(inside -> Task.class.cast(server.spawn(
              PlainKind.TASK, CancellationToken::awaitCancelled)).join())));
      visited.cancel("while it is visited");
      visitor.join();
      assertEquals(Task.State.SUCCEEDED, visitor.state());
      server.close();
    });
  }
}
