// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every number of steps before a cancel with every number after it; then the same steps in races. */
final class TokenGridTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final TokenNode token = new TokenNode(null);
  private final AtomicInteger ran = new AtomicInteger();

  static Stream<Arguments> grid() {
    return IntStream.range(0, 25).mapToObj(i -> Arguments.of(i / 5, i % 5));
  }

  /** T2: children that were waited on before, and children made after. */
  @ParameterizedTest
  @MethodSource("grid")
  void child_beforeAndAfterCancel_isCancelled(int before, int after) throws Exception {
    List<SideThread> waiting = new ArrayList<>();
    TokenNode child = token;
    for (int i = 0; i < before; i++) {
      child = i % 2 == 0 ? child.child() : TokenNode.ofParents(new TokenNode(null), child);
      waiting.add(SideThread.startParked(child::awaitCancelled));
    }
    token.cancel();
    for (int i = 0; i < after; i++) {
      child = child.child();
      waiting.add(SideThread.start(child::awaitCancelled));
    }
    for (SideThread side : waiting) {
      side.join();
    }
    assertTrue(child.isCancelled());
  }

  /** T6: each callback runs once, registered before or after. */
  @ParameterizedTest
  @MethodSource("grid")
  void listen_beforeAndAfterCancel_runsOnce(int before, int after) {
    for (int i = 0; i < before; i++) {
      token.onCancel(ran::incrementAndGet);
    }
    token.cancel();
    for (int i = 0; i < after; i++) {
      token.onCancel(ran::incrementAndGet);
    }
    SideThread.until(() -> ran.get() == before + after);
    assertTrue(token.attachments().isIdle());
  }

  /** T6: withdrawn before, the callback never runs; after, it has. */
  @ParameterizedTest
  @MethodSource("grid")
  void unlisten_beforeAndAfterCancel_tells(int before, int after) {
    List<Registration> registrations = new ArrayList<>();
    for (int i = 0; i < before + after; i++) {
      registrations.add(token.onCancel(ran::incrementAndGet));
    }
    registrations.subList(0, before).forEach(registration -> assertTrue(registration.close()));
    token.cancel();
    registrations.forEach(registration -> assertFalse(registration.close()));
    SideThread.until(() -> ran.get() == after);
  }

  /** T1: cancels of descendants before and after that of the parent. */
  @ParameterizedTest
  @MethodSource("grid")
  void cancel_beforeAndAfterCancel_firstOneCounts(int before, int after) {
    List<TokenNode> children = new ArrayList<>();
    for (int i = 0; i < before + after; i++) {
      children.add(token.child());
    }
    children.subList(0, before).forEach(child -> assertTrue(child.cancel()));
    CancelReason ofParent = CancelReason.of(CancelReason.Code.CLOSED, "parent");
    assertTrue(token.cancel(ofParent));
    children.subList(before, before + after).forEach(child -> assertFalse(child.cancel()));
    long ofParents = children.stream().filter(child -> child.reason().orElseThrow() == ofParent).count();
    assertEquals(after, ofParents);
  }

  /** T7: deadlines that pass before and after a cancel. */
  @ParameterizedTest
  @MethodSource("grid")
  void deadline_beforeAndAfterCancel_firstOneCounts(int before, int after) {
    ManualPool pool = new ManualPool();
    List<TokenNode> timed = new ArrayList<>();
    for (int i = 0; i < before + after; i++) {
      TokenNode each = new DeadlineToken(token, i < before ? SECOND : SECOND.multipliedBy(3), pool);
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
      assertEquals(i < before ? CancelReason.Code.DEADLINE : CancelReason.Code.REQUESTED, code);
    }
    pool.awaitAllEnded();
  }

  /** T6: racing a cancel, a withdrawal has two outcomes: prevented, or run. */
  @Test
  void unlisten_racingCancel_hasTwoOutcomes() throws Exception {
    Race.run(new Race.Round() {
      private TokenNode raced = token;
      private AtomicInteger outcomes = new AtomicInteger();

      @Override
      public List<CloseStep> bodies() {
        raced = new TokenNode(null);
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
        TokenNode raced = new TokenNode(null);
        TokenNode middle = raced.child();
        AtomicInteger counted = new AtomicInteger();
        outcomes = counted;
        return List.of(
            () -> raced.cancel(),
            () -> middle.child().onCancel(counted::incrementAndGet),
            () -> TokenNode.ofParents(new TokenNode(null), middle).onCancel(counted::incrementAndGet));
      }

      @Override
      public void check() {
        SideThread.until(() -> outcomes.get() == 2);
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
        TokenNode top = new TokenNode(null);
        raced = top;
        List<TokenNode> linked = new ArrayList<>();
        TokenNode below = top;
        for (int i = 0; i < 20; i++) {
          below = i % 3 == 0 ? TokenNode.ofParents(below, top) : below.child();
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
      TokenNode top = new TokenNode(null);
      TokenNode left = top.child();
      TokenNode right = top.child();
      TokenNode both = TokenNode.ofParents(left, right);
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
          assertTrue(attachments.links == null);
        }
      }
      assertFalse(both.isCancelled());
    }
  }
}
