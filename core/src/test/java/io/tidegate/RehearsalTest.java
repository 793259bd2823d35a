// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A rehearsed wait is a wait like the others: so many tasks, and so many waits of one, that some of each are rehearsed. */
final class RehearsalTest {
  private static final int MANY = 600;

  private static void inTasks(int tasks, TaskAction action) throws InterruptedException {
    try (Scope scope = Scope.root("server")) {
      List<Task<?>> started = new ArrayList<>();
      for (int i = 0; i < tasks; i++) {
        started.add(scope.spawn(PlainKind.TASK, action));
      }
      Joined.all(started);
    }
  }

  @Test
  void waits_ofManyTasks_goOnUncancelled() throws InterruptedException {
    inTasks(MANY, token -> assertFalse(token.awaitCancelled(Duration.ofNanos(1))));
  }

  @Test
  void manyWaits_ofATask_goOnUncancelled() throws InterruptedException {
    inTasks(1, token -> {
      for (int i = 0; i < MANY; i++) {
        assertFalse(token.awaitCancelled(Duration.ofNanos(1)));
        assertFalse(token.isCancelled());
      }
    });
  }

  @Test
  void waits_ofInterruptedTasks_throw() throws InterruptedException {
    inTasks(MANY, token -> {
      Thread.currentThread().interrupt();
      assertThrows(InterruptedException.class, token::awaitCancelled);
      assertFalse(Thread.currentThread().isInterrupted());
    });
  }

  @Test
  void waits_ofCancelledTasks_end() throws InterruptedException {
    inTasks(MANY, token -> {
      try (Scope own = Scope.root("own")) {
        Task<?> parked = own.spawn(PlainKind.TASK, CancellationToken::awaitCancelled);
        own.cancel("test");
        parked.join();
        assertEquals(Task.State.SUCCEEDED, parked.state());
      }
    });
  }
}
