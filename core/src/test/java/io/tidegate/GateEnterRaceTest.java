// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/**
 * G1, G2, I2 of {@link GateImpl}: why enter tests the level and adds the member in one hold of the lock.
 *
 * <p>The twin tests first: a whole close fits in between, and returns while somebody enters.
 */
final class GateEnterRaceTest {
  /** A gate that has nothing but a level and a count. */
  private abstract static class Miniature {
    final Object lock = new Object();
    boolean closing;
    int count;

    /** Enters; {@code window} is run between the test and the adding. */
    abstract boolean enter(Runnable window);

    final boolean isClosingNow() {
      synchronized (lock) {
        return closing;
      }
    }

    /** Begins to close; says whether nobody is inside, so that close may return. */
    final boolean close() {
      synchronized (lock) {
        closing = true;
        return count == 0;
      }
    }
  }

  private static final class TestsAndAddsAtOnce extends Miniature {
    @Override
    boolean enter(Runnable window) {
      synchronized (lock) {
        if (closing) {
          return false;
        }
        window.run();
        count++;
        return true;
      }
    }
  }

  private static final class TestsBefore extends Miniature {
    @Override
    boolean enter(Runnable window) {
      if (isClosingNow()) {
        return false;
      }
      window.run();
      synchronized (lock) {
        count++;
        return true;
      }
    }
  }

  /** A close that comes in the window waits for the lock, and then for the one that has entered. */
  @Test
  void enter_closeComesInTheWindow_isWaitedFor() throws Exception {
    Miniature gate = new TestsAndAddsAtOnce();
    CountDownLatch closed = new CountDownLatch(1);
    Thread closer = Thread.ofPlatform().unstarted(() -> {
      assertFalse(gate.close());
      closed.countDown();
    });

    assertTrue(gate.enter(() -> {
      closer.start();
      SideThread.until(() -> closer.getState() == Thread.State.BLOCKED);
      assertEquals(1, closed.getCount());
    }));
    closed.await();
    closer.join();
    assertFalse(gate.enter(() -> {}));
  }

  /** The broken twin: close has returned, and somebody is inside. */
  @Test
  void enterBroken_closeComesInTheWindow_isInsideAfterwards() {
    Miniature gate = new TestsBefore();
    Trail trail = new Trail();

    assertTrue(gate.enter(() -> trail.add(gate.close() ? "close returned" : "close waits")));
    assertEquals("close returned", trail.events().getFirst());
    assertEquals(1, gate.count);
  }
}
