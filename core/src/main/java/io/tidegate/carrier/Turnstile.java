// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.util.concurrent.CountDownLatch;

/**
 * Counts who is inside without a contended word, and tells, once shut, when the last one has left.
 *
 * <p>A pool's threads pass one from their making to their end. Safe for use by any thread.
 */
final class Turnstile {
  /*
   * State: shut (once true, for ever), and three counters that only grow.
   *
   *   step               by            how                                    refused when
   *   open, n in         enter         entered + 1, then reads shut: false    -
   *   shut, n in         enter         entered + 1, then reads shut: true,    always
   *                                    refused + 1, left + 1
   *   any, n in          leave         left + 1, then reads shut              -
   *   open -> shut       shut          shut = true, then compares             -
   *   shut, 0 in         any of these  empty.countDown(), final               -
   *
   * I1  left <= entered at every instant: each leave follows its enter.
   * I2  isEmpty() reads left first and entered second. Counters grow and a sum lies between the counter's values at the
   *     start and at the end of the reading, so with t the instant between both readings
   *     left read <= left(t) <= entered(t) <= entered read. Where the two ends are equal, nobody was inside at t.
   * I3  Nobody gets in after an instant t at which shut was true and nobody inside: whoever enters later reads shut.
   *
   * Nobody is overlooked: enter writes 'entered' before it reads 'shut', shut writes 'shut' before it reads 'entered',
   * all volatile. Either the newcomer sees shut and goes, or the closer sees the newcomer and waits for it.
   *
   * No lost wake-up: leave writes 'left' before it reads 'shut', shut writes 'shut' before it reads 'left'. Whoever of
   * the last leavers and the closer is last to write sees both, and opens the latch. A refused newcomer may hide the
   * emptiness from them for a moment, but its own undoing looks again. The twin that does not count is in
   * TurnstileRaceTest.
   *
   * Not promised: that inside() is exact while others come and go.
   *
   * Ordering: what was done before a leave happens-before a return of awaitEmpty.
   */
  private final StripedCount entered = new StripedCount();
  private final StripedCount refused = new StripedCount();
  private final StripedCount left = new StripedCount();
  private final CountDownLatch empty = new CountDownLatch(1);

  /** Any thread; false, then true. */
  private volatile boolean shut;

  /** Returns whether the caller is inside, and so must leave; never blocks. */
  boolean enter() {
    entered.increment();
    if (!shut) {
      return true;
    }
    refused.increment();
    leave();
    return false;
  }

  /** Ends one stay; never blocks. */
  void leave() {
    left.increment();
    if (shut) {
      openIfEmpty();
    }
  }

  /** Refuses newcomers from now on. */
  void shut() {
    shut = true;
    openIfEmpty();
  }

  boolean isShut() {
    return shut;
  }

  /** Waits until the turnstile is shut and everybody has left. */
  void awaitEmpty() throws InterruptedException {
    // Woken by openIfEmpty, see "No lost wake-up" above.
    empty.await();
  }

  /** Returns whether it is shut and the last one has left: final once true. */
  boolean isDone() {
    return empty.getCount() == 0;
  }

  /** Returns how many have left, the refused ones not counted. To be read before {@link #admitted}. */
  long departed() {
    long out = left.sum();
    return Math.max(0, out - refused.sum());
  }

  /** Returns how many were let in. */
  long admitted() {
    long turnedAway = refused.sum();
    return entered.sum() - turnedAway;
  }

  private void openIfEmpty() {
    if (isEmpty()) {
      empty.countDown();
    }
  }

  private boolean isEmpty() {
    long out = left.sum();
    return out == entered.sum();
  }
}
