// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.testing.LeakCheck;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** S7: forks of one block: the first failure cancels the others, and join throws it. */
@ExtendWith(LeakCheck.class)
class FanOutTest {
  private final Scope root = Scope.root("root");
  private final Logs logs = Logs.of(Scope.class);
  private final IOException disk = new IOException("disk");

  @AfterEach
  void closes() {
    root.close();
    logs.close();
  }

  private List<String> errors() {
    return logs.messages().stream().filter(message -> message.startsWith("ERROR")).toList();
  }

  /** S7: without a failure join returns, and all results are there. */
  @Test
  void join_allSucceed_returns() throws Exception {
    assertEquals("headbody", Snippets.fanOut(root, token -> "head", token -> "body"));
    assertEquals(List.of(), root.children());
  }

  /** S7: the first failure cancels the others, and join throws it; nothing of it is logged. */
  @Test
  void join_oneFails_cancelsTheOthersAndThrows() throws Exception {
    CountDownLatch waits = new CountDownLatch(1);
    try (Scope parts = root.fanOut("parts")) {
      Task<Object> sibling = parts.fork(token -> {
        waits.countDown();
        token.awaitCancelled();
        token.throwIfCancelled();
        return "never";
      });
      waits.await();
      Task<Object> failing = parts.fork(token -> {
        throw disk;
      });
      ScopeFailedException failed = assertThrows(ScopeFailedException.class, parts::join);
      assertSame(disk, failed.getCause());
      assertEquals(failing.name() + " of root/parts failed", failed.getMessage());
      assertEquals(0, failed.getSuppressed().length);
      assertEquals(Task.State.CANCELLED, sibling.state());
      assertSame(disk, assertThrows(ScopeFailedException.class, parts::join).getCause());
    }
    assertFalse(root.token().isCancelled());
    assertEquals(List.of(), errors());
  }

  /** S7: what others threw is suppressed, in the order in which they failed, the cause being that which came first. */
  @Test
  void join_severalFail_firstIsCauseOthersSuppressed() throws Exception {
    IOException second = new IOException("second");
    IOException third = new IOException("third");
    try (Scope parts = root.fanOut("parts")) {
      Task<Object> last = parts.fork(token -> {
        token.awaitCancelled();
        SideThread.until(() -> parts.tasks().size() == 1); // the others have ended
        throw third;
      });
      Task<Object> middle = parts.fork(token -> {
        token.awaitCancelled();
        throw second;
      });
      Task<Object> first = parts.fork(token -> {
        throw disk;
      });
      ScopeFailedException failed = assertThrows(ScopeFailedException.class, parts::join);
      assertSame(disk, failed.getCause());
      assertArrayEquals(new Throwable[] {second, third}, failed.getSuppressed());
      List.of(first, middle, last).forEach(task -> assertEquals(Task.State.FAILED, task.state()));
    }
    assertEquals(List.of(), errors());
  }

  /** S7: a failure that nobody joined for is logged when the fan-out closes. */
  @Test
  void close_failureNotTaken_isLogged() throws Exception {
    try (Scope parts = root.fanOut("parts")) {
      Task<Object> failing = parts.fork(token -> {
        throw disk;
      });
      failing.join();
    }
    assertEquals(1, errors().size());
    assertTrue(errors().getFirst().contains("failed and nobody asked"), errors().getFirst());
  }

  /** S7: an error is logged at once, and not again; join throws it as its cause. */
  @Test
  void join_error_isLoggedOnceAndThrown() throws Exception {
    AssertionError broken = new AssertionError("broken");
    try (Scope parts = root.fanOut("parts")) {
      Task<Object> failing = parts.fork(token -> {
        throw broken;
      });
      SideThread.until(() -> !errors().isEmpty()); // at once, not at the close; a joiner may be there before
      assertEquals(Task.State.FAILED, failing.state());
    }
    assertEquals(1, errors().size());
    Scope parts = root.fanOut("parts");
    parts.fork(token -> {
      throw broken;
    });
    assertSame(broken, assertThrows(ScopeFailedException.class, parts::join).getCause());
  }

  /** S7: a spawned task that fails is logged as everywhere, and join tells of it, too: its siblings were cancelled. */
  @Test
  void join_spawnedTaskFails_throws() {
    try (Scope parts = root.fanOut("parts")) {
      parts.spawn(Work.READ, token -> {
        throw disk;
      });
      assertSame(disk, assertThrows(ScopeFailedException.class, parts::join).getCause());
    }
    assertEquals(1, errors().size());
  }

  /** S7: one that is cancelled from outside has not failed: join returns, and the handles say what became of them. */
  @Test
  void join_cancelledFromOutside_returns() throws Exception {
    try (Scope parts = root.fanOut("parts")) {
      Task<Object> task = parts.fork(token -> {
        token.awaitCancelled();
        token.throwIfCancelled();
        return "never";
      });
      root.cancel("enough");
      parts.join();
      assertEquals(Task.State.CANCELLED, task.state());
    }
  }

  /** S7: failures of a scope below do not count: it has a policy of its own. */
  @Test
  void join_taskOfChildFails_returns() throws Exception {
    try (Scope parts = root.fanOut("parts")) {
      Task<Object> below = parts.child("below").fork(token -> {
        throw disk;
      });
      parts.join();
      assertSame(disk, below.exception().orElseThrow());
      assertFalse(parts.token().isCancelled());
    }
  }

  /** S7: nothing grows without bound: of very many failures join tells the first ones, the rest is logged. */
  @Test
  void join_veryManyFail_tellsTheFirst() throws Exception {
    int tasks = 200;
    try (Scope parts = root.fanOut("parts")) {
      CountDownLatch waiting = new CountDownLatch(tasks);
      for (int i = 0; i < tasks; i++) {
        parts.fork(token -> {
          waiting.countDown();
          token.awaitCancelled();
          throw new IOException("late");
        });
      }
      waiting.await();
      parts.fork(token -> {
        throw disk;
      });
      ScopeFailedException failed = assertThrows(ScopeFailedException.class, parts::join);
      assertSame(disk, failed.getCause());
      assertEquals(63, failed.getSuppressed().length);
    }
    assertEquals(tasks + 1 - 64, errors().size());
  }
}
