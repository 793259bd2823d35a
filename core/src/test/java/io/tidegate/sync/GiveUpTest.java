// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.ManualPool;
import io.tidegate.Scope;
import io.tidegate.SideThread;
import io.tidegate.Task;
import io.tidegate.Traces;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What all waits of the package have in common: every end that a waiter can come to leaves the object whole. */
final class GiveUpTest {
  private static final Duration DAY = Duration.ofDays(1);

  private final CancellationToken token = CancellationToken.create();

  /** Nobody is left in the object or on the token; and the one who comes next gets what it waits for. */
  private void checkWhole(Subject subject) throws Exception {
    assertEquals(0, subject.waiting().getAsInt());
    Traces.checkNone(token);
    SideThread next = SideThread.start(() -> assertTrue(subject.body().run(null, CancellationToken.none())));
    SideThread.until(() -> subject.waiting().getAsInt() == 1);
    subject.use().run();
    next.join();
    assertEquals(0, subject.waiting().getAsInt());
  }

  private SideThread startWaiting(Subject subject, Class<? extends Exception> expected) {
    SideThread side =
        SideThread.startParked(() -> assertThrows(expected, () -> subject.body().run(null, token)));
    SideThread.until(() -> subject.waiting().getAsInt() == 1);
    return side;
  }

  /** T2: the given token ends it. */
  @ParameterizedTest
  @MethodSource("io.tidegate.sync.Subject#all")
  void wait_tokenCancelled_ends(Subject subject) throws Exception {
    SideThread side = startWaiting(subject, CancelledException.class);
    token.cancel();
    side.join();
    checkWhole(subject);
  }

  /** T10: a token that is cancelled before ends it at once. */
  @ParameterizedTest
  @MethodSource("io.tidegate.sync.Subject#all")
  void wait_tokenCancelledBefore_throwsAtOnce(Subject subject) throws Exception {
    CancellationToken child = token.child();
    child.cancel();
    assertThrows(CancelledException.class, () -> subject.body().run(null, child));
    Traces.checkNone(child);
    checkWhole(subject);
  }

  /** T10: the task's own token ends it, though it waits with another. */
  @ParameterizedTest
  @MethodSource("io.tidegate.sync.Subject#all")
  void wait_ownTokenCancelled_ends(Subject subject) throws Exception {
    try (Scope scope = Scope.root("root")) {
      Task<Boolean> task = scope.fork(own -> subject.body().run(null, token));
      SideThread.until(() -> subject.waiting().getAsInt() == 1);
      task.cancel("test");
      task.join();
      assertEquals(Task.State.CANCELLED, task.state());
    }
    checkWhole(subject);
  }

  /** An interrupt from outside ends it. */
  @ParameterizedTest
  @MethodSource("io.tidegate.sync.Subject#all")
  void wait_interrupted_ends(Subject subject) throws Exception {
    SideThread side = startWaiting(subject, InterruptedException.class);
    side.thread().interrupt();
    side.join();
    checkWhole(subject);
  }

  /** A time-out returns, by the clock of the task's pool, and is no cancel. */
  @ParameterizedTest
  @MethodSource("io.tidegate.sync.Subject#withLimit")
  void wait_limitPasses_returns(Subject subject) throws Exception {
    ManualPool pool = new ManualPool();
    try (Scope scope = Scope.root("root")) {
      Task<Boolean> task = scope.fork(pool, own -> subject.body().run(DAY, token));
      pool.clock().awaitSleepers(1);
      pool.clock().advance(DAY);
      task.join();
      assertFalse(task.result());
    }
    checkWhole(subject);
  }

  /** The one in the middle gives up; those before and behind it wait on, and all get theirs. */
  @ParameterizedTest
  @MethodSource("io.tidegate.sync.Subject#all")
  void wait_oneOfThreeCancelled_leavesTheOthers(Subject subject) throws Exception {
    List<SideThread> others = new ArrayList<>();
    others.add(SideThread.startParked(() -> subject.body().run(null, CancellationToken.none())));
    SideThread.until(() -> subject.waiting().getAsInt() == 1);
    SideThread middle = SideThread.startParked(
        () -> assertThrows(CancelledException.class, () -> subject.body().run(null, token)));
    SideThread.until(() -> subject.waiting().getAsInt() == 2);
    others.add(SideThread.startParked(() -> subject.body().run(null, CancellationToken.none())));
    SideThread.until(() -> subject.waiting().getAsInt() == 3);

    token.cancel();
    middle.join();
    assertEquals(2, subject.waiting().getAsInt());
    for (SideThread other : others) {
      assertTrue(other.isAlive());
    }
    subject.use().run();
    int left = subject.name().equals("Mailbox.receive") ? 1 : 0; // there is one item for two
    SideThread.until(() -> others.stream().filter(SideThread::isAlive).count() == left);
    others.forEach(other -> other.thread().interrupt());
  }

  /** T4: very many waits that end without result leave nothing. */
  @ParameterizedTest
  @MethodSource("io.tidegate.sync.Subject#withLimit")
  void wait_veryManyTimes_leavesNothing(Subject subject) throws Exception {
    for (int i = 0; i < 200_000; i++) {
      assertFalse(subject.body().run(Duration.ZERO, token));
    }
    checkWhole(subject);
  }

  /** T5: so many that a step which looks at all of them for each of them would not come to an end. */
  @ParameterizedTest
  @MethodSource("io.tidegate.sync.Subject#all")
  void wait_byVeryManyCancelledAtOnce_leavesNothing(Subject subject) throws Exception {
    int count = 20_000;
    List<Thread> threads = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      threads.add(Thread.ofVirtual().start(
          () -> assertInstanceOf(CancelledException.class, thrownBy(() -> subject.body().run(null, token)))));
    }
    SideThread.until(() -> subject.waiting().getAsInt() == count);
    token.cancel();
    for (Thread thread : threads) {
      thread.join();
    }
    checkWhole(subject);
  }

  private static Exception thrownBy(Subject.Use body) {
    try {
      body.run();
    } catch (Exception e) {
      return e;
    }
    throw new AssertionError("nothing was thrown");
  }
}
