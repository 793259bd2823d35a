// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

class TurnstileTest {
  private final Turnstile turnstile = new Turnstile();

  @Test
  void enter_afterShut_isRefusedAndNotCounted() {
    assertTrue(turnstile.enter());
    turnstile.shut();
    assertFalse(turnstile.enter());
    assertEquals(1, turnstile.admitted());
    assertEquals(0, turnstile.departed());
    assertFalse(turnstile.isDone());
    turnstile.leave();
    assertTrue(turnstile.isDone());
    assertEquals(1, turnstile.departed());
  }

  @Test
  void isDone_emptyButOpen_isFalse() {
    assertTrue(turnstile.enter());
    turnstile.leave();
    assertFalse(turnstile.isDone());
    turnstile.shut();
    assertTrue(turnstile.isDone());
  }

  /** Whoever was let in has left when the wait is over, however the two race. */
  @Test
  void awaitEmpty_racingEntrants_returnsAfterTheLastOne() throws InterruptedException {
    for (int round = 0; round < 2_000; round++) {
      Turnstile raced = new Turnstile();
      LongAdder inside = new LongAdder();
      List<Thread> entrants = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        entrants.add(Thread.ofVirtual().start(() -> pass(raced, inside)));
      }
      raced.shut();
      raced.awaitEmpty();
      assertEquals(0, inside.sum());
      for (Thread entrant : entrants) {
        Await.ended(entrant);
      }
      assertEquals(0, inside.sum());
      assertEquals(raced.admitted(), raced.departed());
    }
  }

  private static void pass(Turnstile turnstile, LongAdder inside) {
    for (int i = 0; i < 3 && turnstile.enter(); i++) {
      inside.increment();
      inside.decrement();
      turnstile.leave();
    }
  }
}
