// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What tokens hold of each other, and how deep and wide they may be. */
final class TokenGraphTest {
  private static final int MANY = 100_000;

  private final TokenNode root = PlainToken.root();

  private static int linkedBelow(TokenNode token) {
    Attachments attachments = token.attachmentsIfAny();
    if (attachments == null) {
      return 0;
    }
    List<TokenNode> children = new ArrayList<>();
    synchronized (attachments) {
      attachments.collectChildren(children);
    }
    return children.size();
  }

  static void assertLinkedBelow(int expected, TokenNode token) {
    assertEquals(expected, linkedBelow(token));
  }

  static void assertHoldsNothing(TokenNode token) {
    assertEquals(0, linkedBelow(token));
    Attachments attachments = token.attachmentsIfAny();
    if (attachments != null) {
      synchronized (attachments) {
        assertTrue(attachments.isIdle());
        assertFalse(attachments.linked);
      }
    }
  }

  private static List<TokenNode> chain(TokenNode top, int depth) {
    List<TokenNode> chain = new ArrayList<>();
    TokenNode token = top;
    for (int i = 0; i < depth; i++) {
      token = token.child();
      chain.add(token);
    }
    return chain;
  }

  /** T4: a dropped child, asked or not, never was attached to anything. */
  @Test
  void child_dropped_parentHoldsNothing() {
    assertFalse(root.child().isCancelled());
    assertNull(root.attachmentsIfAny());
  }

  /** T4: nor are those that were waited on or listened to for a while. */
  @Test
  void child_waitedOnAndDropped_parentHoldsNothing() throws InterruptedException {
    for (int i = 0; i < 10; i++) {
      TokenNode child = root.child();
      assertFalse(child.awaitCancelled(Duration.ZERO));
      assertTrue(child.child().onCancel(() -> {}).close());
      assertEquals("ran", assertRuns(child));
      TokenNode several = PlainToken.ofParents(root, child);
      assertTrue(several.onCancel(() -> {}).close());
    }
    assertHoldsNothing(root);
  }

  /** T4: the token that lives for ever keeps nobody: no callback, and no child that somebody listens on. */
  @Test
  void none_listenedTo_holdsNothing() {
    CancellationToken none = CancellationToken.none();
    List<Registration> kept = List.of(
        none.onCancel(() -> {}),
        none.closeOnCancel(() -> {}),
        none.child().onCancel(() -> {}),
        none.withTimeout(Duration.ofDays(1_000_000)).onCancel(() -> {}),
        CancellationToken.anyOf(none, root.child(), none).onCancel(() -> {}));
    assertHoldsNothing(PlainToken.NONE);
    for (Registration registration : kept) {
      assertTrue(registration.close());
      assertFalse(registration.close());
    }
    assertHoldsNothing(root);
  }

  /** T3: a source that is never cancelled changes nothing. */
  @Test
  void anyOf_withNone_isCancelledWithTheOthers() {
    CancellationToken any = CancellationToken.anyOf(CancellationToken.none(), root);
    assertFalse(CancellationToken.anyOf(CancellationToken.none(), CancellationToken.none()).isCancelled());
    assertFalse(any.isCancelled());
    root.cancel();
    assertTrue(any.isCancelled());
  }

  private static String assertRuns(TokenNode token) {
    try {
      return token.interruptibly(() -> "ran");
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** T4: a child is held while somebody listens to it, and its whole chain with it, and no longer. */
  @Test
  void onCancel_child_isLinkedUntilClosed() {
    TokenNode middle = root.child();
    TokenNode leaf = middle.child();
    Registration one = leaf.onCancel(() -> {});
    Registration two = leaf.onCancel(() -> {});
    assertEquals(1, linkedBelow(root));
    assertEquals(1, linkedBelow(middle));

    one.close();
    assertEquals(1, linkedBelow(root));
    two.close();

    assertHoldsNothing(root);
    assertHoldsNothing(middle);
    assertHoldsNothing(leaf);
  }

  /** T4: after a cancel nothing is held any more. */
  @Test
  void cancel_withListeners_holdsNothingAfterwards() {
    TokenNode child = root.child();
    child.onCancel(() -> {});
    root.child().onCancel(() -> {});
    root.cancel();

    assertHoldsNothing(root);
    assertHoldsNothing(child);
    child.onCancel(() -> {});
    assertHoldsNothing(child);
  }

  /** T4: a listener on a token that is below a cancelled one runs, and is held nowhere. */
  @Test
  void onCancel_belowCancelled_runsAtOnce() throws InterruptedException {
    TokenNode child = root.child();
    TokenNode several = PlainToken.ofParents(PlainToken.root().child(), child);
    CountDownLatch ran = new CountDownLatch(1);
    root.cancel();

    several.child().onCancel(ran::countDown);

    ran.await();
    assertHoldsNothing(root);
    assertHoldsNothing(child);
    assertHoldsNothing(several.parent(0));
    assertHoldsNothing(several.parent(0).parent(0));
  }

  /** T5: 100,000 levels, a waiter at the bottom. */
  @Test
  void cancel_deepChain_wakesTheBottom() throws Exception {
    List<TokenNode> chain = chain(root, MANY);
    TokenNode bottom = chain.getLast();
    SideThread waiting = SideThread.startParked(bottom::awaitCancelled);

    root.cancel();

    waiting.join();
    assertHoldsNothing(root);
    assertHoldsNothing(bottom);
  }

  /** T5: 100,000 levels that are asked from the bottom up are not walked anew each time. */
  @Test
  void isCancelled_eachOfDeepChain_isNotQuadratic() {
    List<TokenNode> chain = chain(root, MANY);
    List<TokenNode> several = new ArrayList<>();
    TokenNode token = root;
    for (int i = 0; i < MANY; i++) {
      token = PlainToken.ofParents(token, PlainToken.root());
      several.add(token);
    }
    assertFalse(token.isCancelled());
    root.cancel();

    chain.reversed().forEach(each -> assertTrue(each.isCancelled()));
    several.reversed().forEach(each -> assertTrue(each.isCancelled()));
  }

  /** T5: 100,000 levels with a listener on each. */
  @Test
  void onCancel_eachOfDeepChain_allRun() throws InterruptedException {
    List<TokenNode> chain = chain(root, MANY);
    CountDownLatch ran = new CountDownLatch(2 * MANY);
    chain.forEach(each -> each.onCancel(ran::countDown));
    chain.reversed().forEach(each -> each.onCancel(ran::countDown));

    root.cancel();

    ran.await();
    chain.forEach(TokenGraphTest::assertHoldsNothing);
  }

  /** T5: 100,000 listeners of one token, half of them closed in an order that finds no neighbour in place. */
  @Test
  void onCancel_wideToken_closeIsDirect() throws InterruptedException {
    CountDownLatch ran = new CountDownLatch(MANY / 2);
    List<Registration> registrations = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      registrations.add(root.onCancel(ran::countDown));
    }
    for (int i = 0; i < MANY; i += 2) {
      assertTrue(registrations.get(i).close());
    }
    root.cancel();
    ran.await();
    assertHoldsNothing(root);
  }

  /** T5: 100,000 children that are waited on. */
  @Test
  void cancel_wideToken_wakesAll() throws Exception {
    List<Registration> registrations = new ArrayList<>();
    CountDownLatch ran = new CountDownLatch(MANY);
    for (int i = 0; i < MANY; i++) {
      registrations.add(root.child().onCancel(ran::countDown));
    }
    assertEquals(MANY, linkedBelow(root));
    root.cancel();
    ran.await();
    assertHoldsNothing(root);
    assertEquals(MANY, registrations.size());
  }

  /** A stack of diamonds: each level is any of two children of the level above. */
  private static TokenNode diamonds(TokenNode top, int depth) {
    TokenNode token = top;
    for (int i = 0; i < depth; i++) {
      token = PlainToken.ofParents(token.child(), token.child());
    }
    return token;
  }

  /** T3, T5: a thousand diamonds on top of each other have 2^1000 paths; each token is visited once. */
  @Test
  void cancel_diamonds_endsAtOnce() throws Exception {
    TokenNode bottom = diamonds(root, 1_000);
    assertFalse(bottom.isCancelled());
    assertTrue(bottom.onCancel(() -> {}).close());
    assertHoldsNothing(root);
    SideThread waiting = SideThread.startParked(bottom::awaitCancelled);

    root.cancel();

    waiting.join();
    assertTrue(diamonds(root, 1_000).isCancelled());
    assertHoldsNothing(root);
    assertThrows(CancelledException.class, bottom::throwIfCancelled);
  }

  /** T3, T5: a hundred sources on each of a hundred levels. */
  @Test
  void anyOf_wideLayers_endAtOnce() {
    TokenNode[] layer = {root};
    for (int level = 0; level < 100; level++) {
      TokenNode[] next = new TokenNode[100];
      for (int i = 0; i < next.length; i++) {
        next[i] = PlainToken.ofParents(layer);
      }
      layer = next;
    }
    TokenNode bottom = PlainToken.ofParents(layer);
    Registration registration = bottom.onCancel(() -> {});
    assertFalse(bottom.isCancelled());

    root.cancel();

    @Nullable Cancel told = bottom.storedCancel();
    assertTrue(told != null);
    assertFalse(registration.close());
    assertHoldsNothing(root);
  }
}
