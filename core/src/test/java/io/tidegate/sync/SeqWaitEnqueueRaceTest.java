// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * I2 of {@link SeqWait}: why a waiter looks at the number and stands in line in one hold of the lock.
 *
 * <p>The twin looks first and adds itself afterwards, and parks without another look: an advance that fits in between
 * finds nobody, and nobody ever wakes the waiter.
 */
final class SeqWaitEnqueueRaceTest {
  /** A number with a line, and who was woken. */
  private abstract static class Miniature {
    final Object lock = new Object();
    final List<String> waiting = new ArrayList<>();
    final List<String> woken = new ArrayList<>();
    volatile long current;

    /** Stands in line unless the number is reached; {@code window} is run where another thread could get a turn. */
    abstract boolean enqueue(String waiter, long number, Runnable window);

    final void advance(long number) {
      synchronized (lock) {
        current = number;
        woken.addAll(waiting);
        waiting.clear();
      }
    }
  }

  private static final class LooksUnderTheLock extends Miniature {
    @Override
    boolean enqueue(String waiter, long number, Runnable window) {
      window.run();
      synchronized (lock) {
        return current < number && waiting.add(waiter);
      }
    }
  }

  private static final class LooksBefore extends Miniature {
    @Override
    boolean enqueue(String waiter, long number, Runnable window) {
      if (current >= number) {
        return false;
      }
      window.run();
      synchronized (lock) {
        return waiting.add(waiter);
      }
    }
  }

  /** The only window of the right order is before it has looked. */
  @Test
  void enqueue_advanceComesInTheWindow_hasNothingToWaitFor() {
    Miniature number = new LooksUnderTheLock();
    assertFalse(number.enqueue("waiter", 1, () -> number.advance(1)));
    assertEquals(List.of(), number.waiting);
  }

  /** The broken twin: in line, for what has happened. */
  @Test
  void enqueueBroken_advanceComesInTheWindow_isNeverWoken() {
    Miniature number = new LooksBefore();
    assertTrue(number.enqueue("waiter", 1, () -> number.advance(1)));
    assertEquals(List.of("waiter"), number.waiting);
    assertEquals(List.of(), number.woken);
  }
}
