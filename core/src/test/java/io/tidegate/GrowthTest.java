// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.carrier.CarrierPool;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** T4, S4: after a million short lives on long-lived parents the heap is what it was. */
final class GrowthTest {
  private static final int MILLION = 1_000_000;
  /** By how much less is lived where the same has been shown before: {@code -Dgrowth.shorter=5}. */
  private static final int SHORTER = Integer.getInteger("growth.shorter", 1);
  /** Of lives that cost much more, or differ little from one that is lived a million times. */
  private static final int FEWER = MILLION / 5;
  /** Lives before the first census, so that what is kept once, and a full list of failures, is in it. */
  private static final int BEFORE = 2_000;
  /** After so many lives the threads that they have started are waited for. */
  private static final int BATCH = 500;
  /** How many objects of a class frames may hold: of a thread about to end on each carrier, and the test's own. */
  private static final long HELD = 4L * Runtime.getRuntime().availableProcessors();
  /** How many bytes the JDK may hold more: a queue that has grown. At most one for each of a million lives. */
  private static final long ROOM = MILLION;

  private static final Duration DAY = Duration.ofDays(1);

  private final Scope root = Scope.root("root");
  private final Scope scope = root.child("long-lived");
  private final CancellationToken token = scope.token().child();
  private final CancellationToken other = CancellationToken.create();
  private final Gate gate = Gate.create("root").child("long-lived");

  @AfterEach
  void closes() {
    root.close();
    Closed.check(scope);
    Closed.check(root);
  }

  // ---- tokens

  /** T4: dropped children, asked or not. */
  @Test
  void child_dropped() throws Exception {
    assertKeepsNone(MILLION, () -> assertFalse(token.child().isCancelled()));
  }

  /** T4: dropped tokens of several parents. */
  @Test
  void anyOf_dropped() throws Exception {
    assertKeepsNone(MILLION, () -> assertFalse(CancellationToken.anyOf(token, other, token.child()).isCancelled()));
  }

  /** T4, T7: deadlines that are far away. */
  @Test
  void withTimeout_notReached() throws Exception {
    assertKeepsNone(MILLION, () -> assertFalse(token.withTimeout(DAY).isCancelled()));
  }

  /** T4, T7: nor does the thread stay that watches such a deadline while somebody waits. */
  @Test
  void withTimeout_notReachedWhileWaitedOn() throws Exception {
    assertKeepsNone(FEWER, () -> assertFalse(token.withTimeout(DAY).awaitCancelled(Duration.ZERO)));
  }

  /** T4: children on which somebody waited. */
  @Test
  void child_waitedOnForAWhile() throws Exception {
    assertKeepsNone(MILLION, () -> assertFalse(token.child().child().awaitCancelled(Duration.ZERO)));
  }

  /** T4: children of several parents on which somebody listened. */
  @Test
  void anyOf_listenedToForAWhile() throws Exception {
    assertKeepsNone(
        FEWER, () -> assertTrue(CancellationToken.anyOf(token.child(), other).onCancel(() -> {}).close()));
  }

  /** T4, T9: children on which a thread could be interrupted. */
  @Test
  void child_interruptibly() throws Exception {
    Callable<String> body = () -> "ran";
    assertKeepsNone(FEWER, () -> assertEquals("ran", token.child().interruptibly(body)));
  }

  /** T4: children that were cancelled, one by one, with somebody below who listened. */
  @Test
  void child_cancelled() throws Exception {
    assertKeepsNone(FEWER, () -> {
      CancellationToken child = token.child();
      Registration registration = child.child().onCancel(() -> {});
      assertTrue(registration.close());
      assertTrue(child.cancel());
    });
  }

  /** T6: listeners of one token. */
  @Test
  void listener_closed() throws Exception {
    assertKeepsNone(MILLION, () -> assertTrue(token.onCancel(() -> {}).close()));
  }

  // ---- gates

  /** G4: guards, and others made of them. */
  @Test
  void guard_released() throws Exception {
    assertKeepsNone(MILLION, () -> {
      try (Gate.Guard guard = gate.enter("holder")) {
        guard.another("other holder").close();
      }
    });
  }

  /** G3: child gates, opened and closed. */
  @Test
  void childGate_closed() throws Exception {
    assertKeepsNone(FEWER, () -> {
      Gate child = gate.child("child");
      child.run("holder", () -> {});
      child.close();
    });
  }

  // ---- scopes

  /** S4: tasks that were spawned and whose handles were dropped. */
  @Test
  void spawned_ended() throws Exception {
    assertKeepsNone(MILLION, () -> scope.spawn(Work.READ, taskToken -> {}));
  }

  /** S4: forks with a result that nobody asked for. */
  @Test
  void fork_neverJoined() throws Exception {
    assertKeepsNone(FEWER, () -> scope.fork(Work.READ, taskToken -> "result"));
  }

  /** S4: forks that were joined. */
  @Test
  void fork_joined() throws Exception {
    List<Task<String>> forks = new ArrayList<>();
    assertKeepsNone(FEWER, () -> {
      forks.add(scope.fork(Work.READ, taskToken -> "result"));
      if (forks.size() == BATCH) {
        for (Task<String> fork : forks) {
          fork.join();
          assertEquals("result", fork.result());
        }
        forks.clear();
      }
    });
  }

  /** S7: forks that failed and that nobody asked: the first ones fill the scope's list, and it stays as long. */
  @Test
  @SuppressWarnings("try") // the logger is quiet while the resource is held
  void fork_failed() throws Exception {
    IOException thrown = new IOException("disk");
    try (Logs quiet = Logs.off(Scope.class)) {
      assertKeepsNone(FEWER, () -> scope.fork(Work.READ, taskToken -> {
        throw thrown;
      }));
      root.close();
    }
  }

  /** S6: visits of a thread that is in no task. */
  @Test
  void visit_left() throws Exception {
    assertKeepsNone(MILLION, () -> scope.run(visit -> assertFalse(visit.isCancelled())));
  }

  /** S6: visits of one long-lived task, each of which has a token of several parents that somebody waits on. */
  @Test
  void visit_ofTask() throws Exception {
    try (Scope visitors = Scope.root("visitors")) {
      Task<?> task = visitors.fork(taskToken -> {
        assertKeepsNone(FEWER, () -> scope.run(visit -> assertFalse(visit.awaitCancelled(Duration.ZERO))));
        return "left";
      });
      task.join();
      assertEquals(Optional.empty(), task.exception());
    }
  }

  /** S3, S4: child scopes with a listener, a close step, and a visit. */
  @Test
  void childScope_closed() throws Exception {
    assertKeepsNone(FEWER, () -> {
      Scope child = scope.child("child");
      child.run(visit -> {});
      assertTrue(child.token().onCancel(() -> {}).close());
      child.close();
    });
  }

  /** S3, S4: child scopes closed while a task of theirs waits, with a callback and a close step. */
  @Test
  void childScope_closedWithTask() throws Exception {
    assertKeepsNone(FEWER / 10, () -> {
      Scope child = scope.child("child");
      child.spawn(Work.READ, CancellationToken::awaitCancelled);
      child.token().onCancel(() -> {});
      child.onClosed("step", () -> {});
      child.close();
    });
  }

  /** S7: fan-outs of two forks. */
  @Test
  void fanOut_closed() throws Exception {
    assertKeepsNone(FEWER / 10, () -> {
      try (Scope fan = scope.fanOut("fan")) {
        Task<Integer> one = fan.fork(Work.READ, taskToken -> 1);
        Task<Integer> two = fan.fork(Work.READ, taskToken -> 2);
        fan.join();
        assertEquals(3, one.result() + two.result());
      }
    });
  }

  // ---- the measure

  private static void assertKeepsNone(int lives, CloseStep life) throws Exception {
    long threads = threads();
    live(BEFORE, life, threads);
    Census before = Census.take();
    live(lives / SHORTER, life, threads);
    before.assertNotExceeded(HELD, ROOM);
  }

  /** Lives, and waits from time to time, and at the end, until there are no more threads than there were. */
  private static void live(int lives, CloseStep life, long threads) throws Exception {
    for (int i = 1; i <= lives; i++) {
      life.run();
      if (i % BATCH == 0) {
        SideThread.until(() -> threads() <= threads);
      }
    }
  }

  private static long threads() {
    return CarrierPool.shared().stats().live();
  }
}
