// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every number of steps before a cancel with every number after it, at each level; then the same steps in races. */
final class TokenGridTest {
  private static final String GRID = "io.tidegate.Level#grid";
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final TokenNode parent = PlainToken.root();
  private final TokenNode token = parent.child();
  private final TokenNode below = token.child();
  private final AtomicInteger ran = new AtomicInteger();

  private TokenNode at(Level level) {
    return level.of(parent, token, below);
  }

  /** T2: children that were waited on before, and children made after. */
  @ParameterizedTest
  @MethodSource(GRID)
  void child_beforeAndAfterCancel_isCancelled(Level level, int before, int after) throws Exception {
    List<SideThread> waiting = new ArrayList<>();
    TokenNode child = at(level);
    for (int i = 0; i < before; i++) {
      child = i % 2 == 0 ? child.child() : PlainToken.ofParents(PlainToken.root(), child);
      waiting.add(SideThread.startParked(child::awaitCancelled));
    }
    token.cancel();
    for (int i = 0; i < after; i++) {
      child = child.child();
      waiting.add(SideThread.start(child::awaitCancelled));
    }
    if (level.isAbove()) {
      assertFalse(child.isCancelled());
      waiting.forEach(side -> Blocked.until(side.thread()));
      parent.cancel();
    }
    for (SideThread side : waiting) {
      side.join();
    }
    assertTrue(child.isCancelled());
  }

  /** T2, S6: child scopes that were opened before, and those that are opened after: born cancelled. */
  @ParameterizedTest
  @MethodSource(GRID)
  void childScope_beforeAndAfterCancel_isCancelled(Level level, int before, int after) {
    try (Scope root = Scope.root("root")) {
      Scope middle = root.child("middle");
      Scope at = level.of(root, middle, middle.child("below"));
      List<Scope> children = new ArrayList<>();
      for (int i = 0; i < before; i++) {
        children.add(at.child("before"));
      }
      assertTrue(middle.cancel("by the test"));
      for (int i = 0; i < after; i++) {
        children.add(at.child("after"));
      }
      for (Scope child : children) {
        assertEquals(!level.isAbove(), child.token().isCancelled());
        child.close();
        Closed.check(child);
      }
    }
  }

  /** T6: each callback runs once, registered before or after. */
  @ParameterizedTest
  @MethodSource(GRID)
  void listen_beforeAndAfterCancel_runsOnce(Level level, int before, int after) {
    List<Registration> registrations = new ArrayList<>();
    for (int i = 0; i < before; i++) {
      registrations.add(at(level).onCancel(ran::incrementAndGet));
    }
    token.cancel();
    for (int i = 0; i < after; i++) {
      registrations.add(at(level).onCancel(ran::incrementAndGet));
    }
    registrations.forEach(registration -> assertEquals(level.isAbove(), registration.close()));
    int expected = level.isAbove() ? 0 : before + after;
    SideThread.until(() -> ran.get() == expected);
    assertTrue(parent.attachments().isIdle());
    assertTrue(token.attachments().isIdle());
  }

  /** T6: withdrawn before, the callback never runs; after, it has. */
  @ParameterizedTest
  @MethodSource(GRID)
  void unlisten_beforeAndAfterCancel_tells(Level level, int before, int after) {
    List<Registration> registrations = new ArrayList<>();
    for (int i = 0; i < before + after; i++) {
      registrations.add(at(level).onCancel(ran::incrementAndGet));
    }
    registrations.subList(0, before).forEach(registration -> assertTrue(registration.close()));
    token.cancel();
    registrations.subList(0, before).forEach(registration -> assertFalse(registration.close()));
    registrations.subList(before, before + after)
        .forEach(registration -> assertEquals(level.isAbove(), registration.close()));
    parent.cancel();
    SideThread.until(() -> ran.get() == (level.isAbove() ? 0 : after));
    assertTrue(parent.attachments().isIdle());
  }

  /** T1: cancels of one token before and after that of another: the first one that reaches a token is its reason. */
  @ParameterizedTest
  @MethodSource(GRID)
  void cancel_beforeAndAfterCancel_firstOneCounts(Level level, int before, int after) {
    CancelReason own = CancelReason.of(CancelReason.Code.CLOSED, "of the token");
    CancelReason other = CancelReason.of(CancelReason.Code.CLOSED, "of that at the level");
    for (int i = 0; i < before; i++) {
      assertEquals(i == 0, at(level).cancel(other));
    }
    boolean reached = before > 0 && level != Level.CHILD;
    assertEquals(!reached, token.cancel(own));
    for (int i = 0; i < after; i++) {
      assertEquals(i == 0 && before == 0 && level.isAbove(), at(level).cancel(other));
    }
    assertSame(reached ? other : own, token.reason().orElseThrow());
    assertSame(before > 0 ? other : own, below.reason().orElseThrow());
    assertEquals(level.isAbove() && before + after > 0, parent.isCancelled());
  }

  /** T7: deadlines that pass before and after a cancel. */
  @ParameterizedTest
  @MethodSource(GRID)
  void deadline_beforeAndAfterCancel_firstOneCounts(Level level, int before, int after) {
    ManualPool pool = new ManualPool();
    List<TokenNode> timed = new ArrayList<>();
    for (int i = 0; i < before + after; i++) {
      TokenNode each = new DeadlineToken(at(level), i < before ? SECOND : SECOND.multipliedBy(3), pool);
      each.child().onCancel(ran::incrementAndGet);
      timed.add(each);
    }
    pool.clock().awaitSleepers(before + after);
    pool.clock().advance(SECOND);
    SideThread.until(() -> ran.get() == before);
    token.cancel();
    pool.clock().advance(SECOND.multipliedBy(3));
    SideThread.until(() -> ran.get() == before + after);

    for (int i = 0; i < before + after; i++) {
      CancelReason.Code code = timed.get(i).reason().orElseThrow().code();
      boolean inTime = i < before || level.isAbove();
      assertEquals(inTime ? CancelReason.Code.DEADLINE : CancelReason.Code.REQUESTED, code);
    }
    pool.awaitAllEnded();
  }

  /** T1, T7: cancels of a timed token, its parent and its child, before and after its deadline is seen to pass. */
  @ParameterizedTest
  @MethodSource(GRID)
  void cancel_beforeAndAfterDeadline_firstOneCounts(Level level, int before, int after) {
    ManualPool pool = new ManualPool();
    TokenNode timed = new DeadlineToken(parent, SECOND, pool);
    TokenNode child = timed.child();
    TokenNode at = level.of(parent, timed, child);
    for (int i = 0; i < before; i++) {
      assertEquals(i == 0, at.cancel());
    }
    pool.clock().advance(SECOND);
    assertTrue(child.isCancelled());
    for (int i = 0; i < after; i++) {
      assertEquals(i == 0 && before == 0 && level.isAbove(), at.cancel());
    }
    boolean reached = before > 0 && level != Level.CHILD;
    assertEquals(
        reached ? CancelReason.Code.REQUESTED : CancelReason.Code.DEADLINE, timed.reason().orElseThrow().code());
    assertEquals(
        before > 0 ? CancelReason.Code.REQUESTED : CancelReason.Code.DEADLINE, child.reason().orElseThrow().code());
    assertEquals(level.isAbove() && before + after > 0, parent.isCancelled());
  }

  /** T6: racing a cancel, a withdrawal has two outcomes: prevented, or run. */
  @Test
  void unlisten_racingCancel_hasTwoOutcomes() throws Exception {
    Race.run(new Race.Round() {
      private TokenNode raced = token;
      private AtomicInteger outcomes = new AtomicInteger();

      @Override
      public List<CloseStep> bodies() {
        raced = PlainToken.root();
        TokenNode child = raced.child();
        AtomicInteger counted = new AtomicInteger();
        outcomes = counted;
        Registration registration = child.onCancel(counted::incrementAndGet);
        return List.of(() -> raced.cancel(), () -> count(registration, counted), () -> count(registration, counted));
      }

      private void count(Registration registration, AtomicInteger counted) {
        if (registration.close()) {
          counted.incrementAndGet();
        }
      }

      @Override
      public void check() {
        SideThread.until(() -> outcomes.get() == 1);
        assertTrue(raced.attachments().isIdle());
      }
    });
    assertEquals(0, ran.get());
  }

  /** T6: racing a cancel, a registration has one outcome: the callback runs. */
  @Test
  void listen_racingCancel_runsOnce() throws Exception {
    Race.run(new Race.Round() {
      private AtomicInteger outcomes = new AtomicInteger();

      @Override
      public List<CloseStep> bodies() {
        TokenNode raced = PlainToken.root();
        TokenNode middle = raced.child();
        AtomicInteger counted = new AtomicInteger();
        outcomes = counted;
        return List.of(
            () -> raced.cancel(),
            () -> middle.child().onCancel(counted::incrementAndGet),
            () -> PlainToken.ofParents(PlainToken.root(), middle).onCancel(counted::incrementAndGet));
      }

      @Override
      public void check() {
        SideThread.until(() -> outcomes.get() == 2);
      }
    });
  }

  /** T2, S2: racing a cancel, a child scope has one outcome: it is cancelled, and so is the token of its tasks. */
  @Test
  void childScope_racingCancel_isCancelled() throws Exception {
    Race.run(new Race.Round() {
      private Scope raced = Scope.root("raced");
      private final AtomicInteger ended = new AtomicInteger();

      @Override
      public List<CloseStep> bodies() {
        raced = Scope.root("raced");
        Scope child = raced.child("child");
        ended.set(0);
        return List.of(() -> raced.cancel("by the test"), () -> open(raced), () -> open(child));
      }

      private void open(Scope parent) throws InterruptedException {
        Scope opened = parent.child("opened");
        opened.spawn(Work.READ, CancellationToken::awaitCancelled).join();
        assertTrue(opened.token().isCancelled());
        ended.incrementAndGet();
      }

      @Override
      public void check() {
        assertEquals(2, ended.get());
        raced.close();
        Closed.check(raced);
      }
    });
  }

  /** T2: complete on return, for the one that was first and for the others; those who begin to wait meanwhile end. */
  @Test
  void cancel_racingCancelAndWaiters_isCompleteOnReturnForAll() throws Exception {
    Race.run(new Race.Round() {
      private TokenNode raced = token;

      @Override
      public List<CloseStep> bodies() {
        TokenNode top = PlainToken.root();
        raced = top;
        List<TokenNode> linked = new ArrayList<>();
        TokenNode below = top;
        for (int i = 0; i < 20; i++) {
          below = i % 3 == 0 ? PlainToken.ofParents(below, top) : below.child();
          below.onCancel(() -> {});
          linked.add(below);
        }
        TokenNode bottom = below;
        return List.of(
            () -> cancelAndCheck(top, linked),
            () -> cancelAndCheck(top, linked),
            () -> cancelAndCheck(bottom, List.of(bottom)),
            () -> bottom.child().awaitCancelled());
      }

      private void cancelAndCheck(TokenNode cancelled, List<TokenNode> linked) {
        cancelled.cancel();
        linked.forEach(each -> assertNotNull(each.storedCancel()));
      }

      @Override
      public void check() {
        assertTrue(raced.attachments().isIdle());
      }
    });
  }

  /** T4: attaching and detaching from several threads on tokens that share ancestors leaves nothing. */
  @Test
  void listen_racingUnlisten_leavesNothing() throws Exception {
    for (int round = 0; round < 50; round++) {
      TokenNode top = PlainToken.root();
      TokenNode left = top.child();
      TokenNode right = top.child();
      TokenNode both = PlainToken.ofParents(left, right);
      List<TokenNode> all = List.of(top, left, right, both, both.child(), left.child());
      List<CloseStep> bodies = new ArrayList<>();
      for (TokenNode each : all) {
        bodies.add(() -> {
          for (int i = 0; i < 200; i++) {
            assertTrue(each.onCancel(() -> {}).close());
            assertFalse(each.awaitCancelled(Duration.ZERO));
          }
        });
      }
      Race.once(bodies);
      for (TokenNode each : all) {
        Attachments attachments = each.attachments();
        synchronized (attachments) {
          assertTrue(attachments.isIdle());
          assertFalse(attachments.linked);
        }
      }
      assertFalse(both.isCancelled());
    }
  }
}
