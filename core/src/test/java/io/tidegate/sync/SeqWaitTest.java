// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.CloseStep;
import io.tidegate.ClosedException;
import io.tidegate.Race;
import io.tidegate.SideThread;
import io.tidegate.testing.LeakCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The contract of {@link SeqWait}; what it shares with other waits is in {@link GiveUpTest}. */
@ExtendWith(LeakCheck.class)
final class SeqWaitTest {
  private static final CancellationToken NONE = CancellationToken.none();

  private final SeqWait lsn = SeqWait.startingAt("lsn", 10);

  private SideThread startWaiting(long number) {
    int before = lsn.waiting();
    SideThread side = SideThread.startParked(() -> lsn.await(number, NONE));
    SideThread.until(() -> lsn.waiting() == before + 1);
    return side;
  }

  @Test
  void await_reached_returnsAtOnce() throws Exception {
    lsn.await(10, NONE);
    assertTrue(lsn.await(9, Duration.ZERO, NONE));
    assertFalse(lsn.await(11, Duration.ZERO, NONE));
  }

  /** Wakes those whose number is reached, and only them. */
  @Test
  void advance_wakesUpToTheNumber() throws Exception {
    SideThread at30 = startWaiting(30);
    SideThread at20 = startWaiting(20);
    SideThread alsoAt20 = startWaiting(20);
    SideThread at21 = startWaiting(21);

    assertEquals(10, lsn.advance(20));
    at20.join();
    alsoAt20.join();
    assertEquals(2, lsn.waiting());
    assertTrue(at21.isAlive());
    assertEquals(20, lsn.advance(40));
    at21.join();
    at30.join();
    assertEquals(40, lsn.current());
  }

  @Test
  void advance_backwards_changesNothing() {
    assertEquals(10, lsn.advance(5));
    assertEquals(10, lsn.advance(10));
    assertEquals(10, lsn.current());
  }

  /** What is reached is answered after the close, and what is reached then too. */
  @Test
  void close_keepsAnsweringWhatIsReached() throws Exception {
    SideThread side = SideThread.startParked(() -> assertThrows(ClosedException.class, () -> lsn.await(11, NONE)));
    SideThread.until(() -> lsn.waiting() == 1);
    lsn.close();
    lsn.close();
    side.join();
    assertTrue(lsn.isClosed());
    lsn.await(10, NONE);
    ClosedException thrown = assertThrows(ClosedException.class, () -> lsn.await(11, NONE));
    assertEquals("lsn (at 10, closed) will not reach 11", thrown.getMessage());
    assertThrows(ClosedException.class, () -> lsn.await(11, Duration.ZERO, NONE));
    lsn.advance(11);
    lsn.await(11, NONE);
    assertEquals(0, lsn.waiting());
  }

  /** T10: a cancelled caller is not answered, though the number is reached. */
  @Test
  void await_reachedButCancelled_throws() {
    CancellationToken token = CancellationToken.create();
    token.cancel();
    assertThrows(CancelledException.class, () -> lsn.await(10, token));
  }

  /** No ghosts: a waiter that gave up is not the lowest any more. */
  @Test
  void lowestAwaited_afterTheLowestGaveUp_isTheNext() throws Exception {
    CancellationToken token = CancellationToken.create();
    assertEquals(OptionalLong.empty(), lsn.lowestAwaited());
    SideThread at30 = startWaiting(30);
    SideThread at20 = SideThread.startParked(() -> assertThrows(CancelledException.class, () -> lsn.await(20, token)));
    SideThread.until(() -> lsn.lowestAwaited().equals(OptionalLong.of(20)));
    token.cancel();
    at20.join();
    assertEquals(OptionalLong.of(30), lsn.lowestAwaited());
    lsn.advance(30);
    at30.join();
    assertEquals(OptionalLong.empty(), lsn.lowestAwaited());
  }

  /** No wake-up is lost, whatever a wait meets: an advance, a close, a cancel. */
  @Test
  void await_racingAll_ends() throws Exception {
    AtomicInteger ended = new AtomicInteger();
    Race.run(new Race.Round() {
      private SeqWait raced = lsn;

      @Override
      public List<CloseStep> bodies() {
        SeqWait number = SeqWait.startingAt("raced", 0);
        CancellationToken token = CancellationToken.create();
        raced = number;
        return List.of(
            () -> await(number, 1, token),
            () -> await(number, 2, NONE),
            () -> number.advance(1),
            token::cancel,
            number::close);
      }

      private void await(SeqWait number, long awaited, CancellationToken token) throws InterruptedException {
        try {
          number.await(awaited, token);
          assertTrue(number.current() >= awaited);
        } catch (ClosedException | CancelledException end) {
          ended.incrementAndGet();
        }
      }

      @Override
      public void check() {
        assertEquals(0, raced.waiting());
      }
    });
    assertTrue(ended.get() > 0);
  }

  /** 100,000 waiters, reached in many steps from the lowest on, in an order in which they did not come. */
  @Test
  void advance_by100000Waiters_wakesAll() throws Exception {
    int count = 100_000;
    List<Thread> threads = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      long number = 11 + (i * 7919L) % count;
      threads.add(Thread.ofVirtual().start(() -> await(number)));
    }
    SideThread.until(() -> lsn.waiting() == count);
    for (int i = 1; i <= count; i += 10) {
      lsn.advance(10 + i);
    }
    lsn.advance(10 + count);
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(0, lsn.waiting());
  }

  private void await(long number) {
    try {
      lsn.await(number, NONE);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
