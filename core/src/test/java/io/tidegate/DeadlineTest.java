// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** T7: deadlines, by a clock that is advanced by hand. */
final class DeadlineTest {
  private final ManualPool pool = new ManualPool();
  private final ManualClock clock = pool.clock();
  private final TokenNode root = PlainToken.root();

  private TokenNode timed(TokenNode parent, long seconds) {
    return new DeadlineToken(parent, Duration.ofSeconds(seconds), pool);
  }

  private static CancelReason reasonOf(CancellationToken token) {
    return token.reason().orElseThrow();
  }

  /** T7: whatever a test did, no thread of a deadline outlives the interest in it. */
  @AfterEach
  void leavesNoThread() {
    pool.awaitAllEnded();
  }

  /** T7, T8: a deadline is a cancel with reason DEADLINE, of the instant at which it passed. */
  @Test
  void isCancelled_deadlinePassed_hasReason() {
    Instant start = clock.now();
    TokenNode token = timed(root, 10);
    clock.advance(Duration.ofSeconds(9));
    assertFalse(token.isCancelled());
    clock.advance(Duration.ofSeconds(5));

    assertTrue(token.isCancelled());
    assertTrue(token.child().isCancelled());
    assertFalse(root.isCancelled());
    assertEquals(CancelReason.Code.DEADLINE, reasonOf(token).code());
    assertEquals(start.plusSeconds(10), reasonOf(token).at());
    assertEquals("thread " + Thread.currentThread().getName(), reasonOf(token).source());
    assertFalse(token.cancel());
  }

  @Test
  void withTimeout_zeroOrLess_isCancelledAtOnce() {
    assertTrue(CancellationToken.create().withTimeout(Duration.ZERO).isCancelled());
    assertTrue(CancellationToken.create().withTimeout(Duration.ofSeconds(-1)).isCancelled());
    assertTrue(CancellationToken.none().withTimeout(Duration.ZERO).child().isCancelled());
    assertFalse(CancellationToken.create().withTimeout(Duration.ofDays(400_000)).isCancelled());
  }

  /** T10: a body is not started after the deadline, though nobody has noticed it yet. */
  @Test
  void interruptibly_deadlinePassed_doesNotStart() {
    TokenNode token = timed(root, 1);
    clock.advance(Duration.ofSeconds(1));

    assertThrows(CancelledException.class, () -> token.interruptibly(() -> "not run"));
  }

  /** T7: somebody who waits is woken at the deadline. */
  @Test
  void awaitCancelled_deadlinePasses_wakes() throws Exception {
    TokenNode token = timed(root, 10);
    SideThread waiting = SideThread.startParked(() -> {
      token.child().awaitCancelled();
      assertEquals(CancelReason.Code.DEADLINE, reasonOf(token).code());
    });
    clock.awaitSleepers(1);
    clock.advance(Duration.ofSeconds(10));
    waiting.join();
  }

  /** T7: so is a callback told. */
  @Test
  void onCancel_deadlinePasses_runs() throws Exception {
    CountDownLatch ran = new CountDownLatch(1);
    timed(root, 10).child().onCancel(ran::countDown);
    clock.awaitSleepers(1);
    clock.advance(Duration.ofSeconds(11));
    ran.await();
  }

  /** T7: the parent's deadline wins where it is the smaller one, asked or waited for. */
  @Test
  void withTimeout_childLater_parentsWins() throws Exception {
    TokenNode parent = timed(root, 10);
    TokenNode child = timed(parent, 20);
    TokenNode watched = timed(parent.child(), 20);
    SideThread waiting = SideThread.startParked(watched::awaitCancelled);
    clock.awaitSleepers(2);
    clock.advance(Duration.ofSeconds(10));
    waiting.join();

    assertSame(reasonOf(parent), reasonOf(child));
    assertSame(reasonOf(parent), reasonOf(watched));
    assertTrue(reasonOf(child).text().contains("PT10S"));
  }

  /** T7: the child's deadline wins where it is the smaller one, though both have passed unseen. */
  @Test
  void withTimeout_childSooner_childsWins() {
    TokenNode parent = timed(root, 20);
    TokenNode child = timed(parent.child(), 10);
    TokenNode other = timed(parent, 10);
    clock.advance(Duration.ofSeconds(10));
    assertTrue(other.isCancelled());
    assertFalse(parent.isCancelled());
    clock.advance(Duration.ofSeconds(20));

    assertTrue(parent.isCancelled());
    assertTrue(reasonOf(child).text().contains("PT10S"), () -> reasonOf(child).text());
    assertTrue(reasonOf(parent).text().contains("PT20S"));
  }

  /** T7: who cancels before the deadline is the reason. */
  @Test
  void cancel_beforeDeadline_isTheReason() {
    TokenNode token = timed(root, 10);
    TokenNode below = timed(root.child(), 10);
    assertTrue(token.cancel());
    root.cancel();
    clock.advance(Duration.ofSeconds(10));

    assertEquals(CancelReason.Code.REQUESTED, reasonOf(token).code());
    assertEquals(CancelReason.Code.REQUESTED, reasonOf(below).code());
  }

  /** T7: nobody who waits, no thread; and a timeout that was not reached leaves none. */
  @Test
  void withTimeout_notReached_leavesNoThread() throws Exception {
    TokenNode token = timed(root, 10);
    TokenNode child = token.child();
    assertFalse(child.isCancelled());
    assertEquals(List.of(), pool.threads());

    Registration registration = child.onCancel(() -> {});
    clock.awaitSleepers(1);
    registration.close();
    pool.awaitAllEnded();
    assertFalse(token.isCancelled());
    assertEquals(1, pool.threads().size());

    assertEquals("result", token.interruptibly(() -> "result"));
    assertFalse(child.awaitCancelled(Duration.ZERO));
    pool.awaitAllEnded();
    assertTrue(child.onCancel(() -> {}).close());
  }

  /** T4, T7: deadlines inside each other that nobody waits on any more leave no thread, and nobody refers to them. */
  @Test
  void withTimeout_nestedNotReached_leaveNothing() throws Exception {
    TokenNode outer = timed(root, 20);
    TokenNode middle = timed(outer.child(), 10);
    TokenNode inner = timed(middle, 30);
    Registration registration = inner.child().onCancel(() -> {});
    clock.awaitSleepers(3);
    assertTrue(registration.close());
    pool.awaitAllEnded();
    assertFalse(inner.awaitCancelled(Duration.ZERO));
    assertEquals("result", inner.interruptibly(() -> "result"));
    pool.awaitAllEnded();
    for (TokenNode token : List.of(root, outer, middle, inner)) {
      TokenGraphTest.assertHoldsNothing(token);
      assertFalse(token.isCancelled());
    }
  }

  /** T4, T7: a million dropped timeouts, asked or not, cost no thread and are referenced by nobody. */
  @Test
  void withTimeout_aMillionDropped_costNothing() {
    for (int i = 0; i < 1_000_000; i++) {
      assertFalse(timed(root, 1 + i % 10).child().isCancelled());
    }
    assertEquals(List.of(), pool.threads());
    assertEquals(null, root.attachmentsIfAny());
  }

  /** T7: where there is no thread for the watch the wait fails at once, and leaves nothing behind. */
  @Test
  void awaitCancelled_noThreadForTheWatch_failsWhole() {
    TokenNode token = new DeadlineToken(root, Duration.ofSeconds(1), new BrokenPool().breakNow());
    TokenNode child = token.child();
    assertThrows(OutOfMemoryError.class, child::awaitCancelled);
    assertThrows(OutOfMemoryError.class, () -> child.onCancel(() -> {}));
    assertThrows(OutOfMemoryError.class, () -> child.interruptibly(() -> "not run"));
    for (TokenNode each : List.of(root, token, child)) {
      TokenGraphTest.assertHoldsNothing(each);
    }
    root.cancel();
    assertTrue(child.isCancelled());
  }

  /** T7: a cancel from elsewhere ends the watch as well. */
  @Test
  void cancel_whileWatched_endsTheWatch() throws Exception {
    TokenNode token = timed(root, 10);
    CountDownLatch ran = new CountDownLatch(2);
    token.onCancel(ran::countDown);
    PlainToken.ofParents(token, PlainToken.root()).onCancel(ran::countDown);
    clock.awaitSleepers(1);
    root.cancel();
    ran.await();
    pool.awaitAllEnded();
  }

  /** T5, T7: 100,000 deadlines inside each other expire without recursion. */
  @Test
  void isCancelled_deepDeadlines_endsAtOnce() {
    TokenNode token = root;
    for (int i = 0; i < 100_000; i++) {
      token = timed(token, 1 + i % 3);
    }
    assertFalse(token.isCancelled());
    clock.advance(Duration.ofSeconds(3));

    assertTrue(token.isCancelled());
    assertFalse(root.isCancelled());
  }

  /** T3, T7: a deadline among several sources. */
  @Test
  void anyOf_withDeadline_isCancelledByIt() throws Exception {
    TokenNode any = PlainToken.ofParents(root, timed(root, 10));
    SideThread asleep = SideThread.startParked(() ->
        assertThrows(CancelledException.class, () -> any.sleep(Duration.ofHours(1))));
    clock.awaitSleepers(1);
    clock.advance(Duration.ofSeconds(10));
    asleep.join();
    assertEquals(CancelReason.Code.DEADLINE, reasonOf(any).code());
  }

  /** T1, T7: a cancel that races the deadline: one of them is the reason, and all are told. */
  @Test
  void cancel_racingDeadline_oneIsTheReason() throws Exception {
    AtomicInteger requested = new AtomicInteger();
    Race.run(new Race.Round() {
      private ManualPool raced = new ManualPool();
      private TokenNode token = PlainToken.root();
      private volatile boolean won;
      private CountDownLatch told = new CountDownLatch(2);

      @Override
      public List<CloseStep> bodies() {
        raced = new ManualPool();
        told = new CountDownLatch(2);
        token = new DeadlineToken(PlainToken.root(), Duration.ofSeconds(1), raced);
        token.onCancel(told::countDown);
        token.child().onCancel(told::countDown);
        return List.of(() -> raced.clock().advance(Duration.ofSeconds(1)), () -> won = token.cancel());
      }

      @Override
      public void check() throws InterruptedException {
        told.await();
        assertEquals(won ? CancelReason.Code.REQUESTED : CancelReason.Code.DEADLINE, reasonOf(token).code());
        requested.addAndGet(won ? 1 : 0);
        raced.awaitAllEnded();
      }
    });
  }

  /** T7: real time, once. */
  @Test
  void withTimeout_realClock_ends() throws InterruptedException {
    CancellationToken token = CancellationToken.create().withTimeout(Duration.ofMillis(5));
    token.awaitCancelled();
    assertEquals(CancelReason.Code.DEADLINE, reasonOf(token).code());
  }
}
