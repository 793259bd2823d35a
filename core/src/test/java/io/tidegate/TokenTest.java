// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The contract of tokens without deadlines, callbacks and interrupts. */
final class TokenTest {
  private static final Duration LONG = Duration.ofHours(1);

  private final CancellationToken token = CancellationToken.create();

  private static CancelReason because(String text) {
    return CancelReason.of(CancelReason.Code.REQUESTED, text);
  }

  private static CancelReason reasonOf(CancellationToken token) {
    return token.reason().orElseThrow();
  }

  /** T1: one way, once. */
  @Test
  void cancel_twice_firstReasonStays() {
    CancelReason first = because("first");

    assertFalse(token.isCancelled());
    assertTrue(token.reason().isEmpty());
    assertTrue(token.cancel(first));
    assertFalse(token.cancel(because("second")));
    assertFalse(token.cancel());
    assertTrue(token.isCancelled());
    assertSame(first, reasonOf(token));
  }

  /** T1: of racing calls, one returns true, and its reason stays. */
  @Test
  void cancel_racing_oneWins() throws Exception {
    Race.run(new Race.Round() {
      private CancellationToken raced = CancellationToken.create();
      private final AtomicInteger winners = new AtomicInteger();
      private volatile String winner = "";

      @Override
      public List<CloseStep> bodies() {
        raced = CancellationToken.create();
        winners.set(0);
        return List.of(() -> cancel("a"), () -> cancel("b"), () -> cancel("c"));
      }

      private void cancel(String name) {
        if (raced.cancel(because(name))) {
          winners.incrementAndGet();
          winner = name;
        }
      }

      @Override
      public void check() {
        assertEquals(1, winners.get());
        assertEquals(winner, reasonOf(raced).text());
      }
    });
  }

  /** T2: downwards, with the reason. */
  @Test
  void cancel_parent_cancelsDescendants() {
    CancellationToken child = token.child();
    CancellationToken grandchild = child.child();
    CancelReason reason = because("stop");

    token.cancel(reason);

    assertTrue(grandchild.isCancelled());
    assertSame(reason, reasonOf(grandchild));
    assertSame(reason, reasonOf(child));
    assertFalse(child.cancel());
  }

  /** T2: downwards only. */
  @Test
  void cancel_child_leavesParentAndSiblings() {
    CancellationToken child = token.child();
    CancellationToken sibling = token.child();

    assertTrue(child.cancel());

    assertFalse(token.isCancelled());
    assertFalse(sibling.isCancelled());
  }

  /** T2: a child of a cancelled token is born cancelled. */
  @Test
  void child_ofCancelled_isCancelled() {
    token.cancel(because("before"));

    assertEquals("before", reasonOf(token.child().child()).text());
  }

  /** T1: a child that was cancelled before its parent keeps its own reason. */
  @Test
  void reason_ofChildCancelledBefore_isItsOwn() {
    CancellationToken child = token.child();
    child.cancel(because("child"));
    token.cancel(because("parent"));

    assertEquals("child", reasonOf(child).text());
    assertEquals("child", reasonOf(child.child()).text());
  }

  /** T3: cancelled with the first of its sources. */
  @Test
  void anyOf_oneSourceCancelled_isCancelledWithItsReason() {
    CancellationToken other = CancellationToken.create();
    CancellationToken any = CancellationToken.anyOf(token, other);

    assertFalse(any.isCancelled());
    other.cancel(because("other"));

    assertEquals("other", reasonOf(any).text());
    assertFalse(token.isCancelled());
  }

  /** T3: the first in time, whichever place it has among the sources, and however late somebody asks. */
  @Test
  void anyOf_askedAfterBoth_reportsTheFirstInTime() {
    CancellationToken other = CancellationToken.create();
    CancelReason madeFirst = because("token");
    CancellationToken any = CancellationToken.anyOf(token.child(), other);
    CancellationToken reversed = CancellationToken.anyOf(other, token.child());
    CancellationToken above = CancellationToken.anyOf(reversed.child(), CancellationToken.create()).child();

    other.cancel(because("other"));
    token.cancel(madeFirst);

    assertEquals("other", reasonOf(above).text());
    assertEquals("other", reasonOf(any).text());
    assertEquals("other", reasonOf(reversed).text());
  }

  /** T3: the same when somebody listens meanwhile. */
  @Test
  void anyOf_listenedTo_reportsTheFirstInTime() {
    CancellationToken other = CancellationToken.create();
    CancellationToken any = CancellationToken.anyOf(token, other);
    Registration registration = any.onCancel(() -> {});

    other.cancel(because("other"));
    token.cancel(because("token"));

    assertEquals("other", reasonOf(any).text());
    assertFalse(registration.close());
  }

  /** T3: the same token twice, and a token with its own ancestor. */
  @Test
  void anyOf_sameSourceTwice_isCancelledOnce() {
    CancellationToken any = CancellationToken.anyOf(token, token, token.child());
    Trail trail = new Trail();
    any.onCancel(() -> trail.add("told"));

    token.cancel();

    SideThread.until(() -> !trail.events().isEmpty());
    assertTrue(any.isCancelled());
    assertEquals(List.of("told"), trail.events());
  }

  /** T3: cancelling it leaves its sources alone. */
  @Test
  void anyOf_cancelled_leavesSources() {
    CancellationToken any = CancellationToken.anyOf(token, CancellationToken.none());

    assertTrue(any.cancel());

    assertFalse(token.isCancelled());
  }

  @Test
  void anyOf_ofNothing_isRefused() {
    assertThrows(IllegalArgumentException.class, CancellationToken::anyOf);
  }

  @Test
  void none_cancel_isRefused() {
    assertThrows(IllegalStateException.class, () -> CancellationToken.none().cancel());
    assertFalse(CancellationToken.none().isCancelled());

    CancellationToken child = CancellationToken.none().child();
    assertTrue(child.cancel());
    assertFalse(CancellationToken.none().isCancelled());
  }

  /** T8: code, text, source, instant, cause. */
  @Test
  void reason_ofPlainCancel_tellsWho() throws Exception {
    Instant before = Instant.now();
    SideThread side = SideThread.start(() -> {
      Thread.currentThread().setName("canceller");
      token.cancel();
    });
    side.join();

    CancelReason reason = reasonOf(token);
    assertEquals(CancelReason.Code.REQUESTED, reason.code());
    assertEquals("thread canceller", reason.source());
    assertFalse(reason.at().isBefore(before));
    assertEquals(null, reason.cause());
  }

  /** T8: a cause comes along. */
  @Test
  void throwIfCancelled_afterCancelWithCause_carriesReasonAndCause() {
    Exception failure = new IllegalStateException("disk");
    CancelReason reason = CancelReason.of(CancelReason.Code.FAILED, "flush failed", failure);
    token.throwIfCancelled();
    token.cancel(reason);

    CancelledException thrown = assertThrows(CancelledException.class, token.child()::throwIfCancelled);

    assertSame(reason, thrown.reason());
    assertSame(failure, thrown.getCause());
    assertTrue(reason.toString().contains("flush failed"), reason::toString);
  }

  @Test
  void is_ownToken_tellsOwnFromStrangers() {
    CancellationToken child = token.child();
    CancellationToken stranger = CancellationToken.create();
    stranger.cancel(because("elsewhere"));
    child.cancel(because("child"));
    CancelledException strangers = assertThrows(CancelledException.class, stranger::throwIfCancelled);
    CancelledException childs = assertThrows(CancelledException.class, child::throwIfCancelled);

    assertTrue(strangers.is(stranger));
    assertFalse(strangers.is(child));
    assertFalse(strangers.is(token));
    assertTrue(childs.is(child.child()));
    assertFalse(childs.is(token));
  }

  /** T2: all that waited are woken. */
  @Test
  void cancel_parent_wakesThoseWhoWaitBelow() throws Exception {
    SideThread waiting = SideThread.startParked(token.child().child()::awaitCancelled);
    SideThread timed = SideThread.startParked(() -> assertTrue(token.child().awaitCancelled(LONG)));
    SideThread asleep = SideThread.startParked(() ->
        assertThrows(CancelledException.class, () -> CancellationToken.anyOf(token, token.child()).sleep(LONG)));

    token.cancel();

    waiting.join();
    timed.join();
    asleep.join();
  }

  @Test
  void awaitCancelled_limitPasses_returnsFalse() throws InterruptedException {
    assertFalse(token.awaitCancelled(Duration.ofMillis(1)));
    assertFalse(token.awaitCancelled(Duration.ZERO));
    assertFalse(token.awaitCancelled(Duration.ofSeconds(-1)));
    token.sleep(Duration.ofNanos(1));
  }

  /** T9: an interrupt from outside ends a wait as it does elsewhere. */
  @Test
  void awaitCancelled_interrupted_throws() throws Exception {
    SideThread waiting = SideThread.startParked(() ->
        assertThrows(InterruptedException.class, () -> token.awaitCancelled()));
    waiting.thread().interrupt();
    waiting.join();

    assertFalse(token.isCancelled());
  }

  /** T9: cancelling interrupts nobody who did not ask for it. */
  @Test
  void cancel_doesNotInterruptWaiters() throws Exception {
    SideThread waiting = SideThread.startParked(() -> {
      token.awaitCancelled();
      assertFalse(Thread.currentThread().isInterrupted());
    });
    token.cancel();
    waiting.join();
  }

  /** T10: every later wait throws at once. */
  @Test
  void sleep_onCancelled_throwsEachTime() throws InterruptedException {
    token.cancel();
    CancellationToken child = token.child();

    for (int i = 0; i < 3; i++) {
      assertThrows(CancelledException.class, () -> child.sleep(LONG));
      assertThrows(CancelledException.class, () -> child.sleep(Duration.ZERO));
      assertThrows(CancelledException.class, child::throwIfCancelled);
      assertThrows(CancelledException.class, () -> child.interruptibly(() -> "not run"));
      child.awaitCancelled();
      assertTrue(child.awaitCancelled(LONG));
    }
  }

  /** T10: a task's waits on another token end with its own. */
  @Test
  void awaitCancelled_ofStranger_endsWithTheTasksOwn() throws Exception {
    Scope scope = Scope.root("waiting");
    Task<String> task = scope.fork(own -> {
      CancelledException first = assertThrows(CancelledException.class, token::awaitCancelled);
      CancelledException again = assertThrows(CancelledException.class, () -> token.sleep(LONG));
      return first.is(own) && again.is(own) ? "own" : "stranger's";
    });
    task.cancel("enough");
    task.join();

    assertEquals("own", task.result());
    assertFalse(token.isCancelled());
    scope.close();
  }

  /** A cancel that reaches the awaited token and the task's own at once is the one that was awaited. */
  @Test
  void awaitCancelled_ofOwnScope_returns() throws Exception {
    for (int i = 0; i < 500; i++) {
      Scope scope = Scope.root("awaited");
      Task<String> ofScope = scope.fork(own -> {
        scope.token().awaitCancelled();
        return "returned";
      });
      Task<String> ofTask = scope.fork(own -> {
        own.awaitCancelled();
        return "returned";
      });
      scope.cancel("now");
      scope.join();

      assertEquals("returned", ofScope.result());
      assertEquals("returned", ofTask.result());
      scope.close();
    }
  }

  /** The same with a cancel between the look at what is awaited and the look at the task's own token. */
  @Test
  void until_cancelledBetweenItsLooks_returns() throws Exception {
    Scope scope = Scope.root("looks");
    AtomicInteger looks = new AtomicInteger();
    Task<Boolean> task = scope.fork(own -> Waiting.until(this, Current.clock(), Waiting.NO_DEADLINE, () -> {
      if (looks.incrementAndGet() == 2) {
        own.cancel();
        return false;
      }
      return own.isCancelled();
    }));
    task.join();

    assertTrue(task.result());
    scope.close();
  }

  @Test
  void toString_tellsTheState() {
    assertEquals("token (not cancelled)", token.toString());
    token.cancel(because("done"));
    assertTrue(token.toString().startsWith("token (REQUESTED: done (by thread "), token::toString);
    assertNotNull(token.reason());
  }
}
