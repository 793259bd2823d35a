// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/**
 * I1 of {@link Ticker}: why a signal is cleared before the iteration that it starts, and not after.
 *
 * <p>The twin clears afterwards: a signal that comes while the iteration runs, with news that it has not seen, is wiped
 * out.
 */
final class TickerSignalRaceTest {
  /** A loop that looks at news when it is signalled. */
  private abstract static class Miniature {
    volatile boolean signalled;
    int news;
    int seen;

    /** Runs an iteration; {@code window} is run where another thread could get a turn. */
    abstract void iterate(Runnable window);

    final void signal() {
      news++;
      signalled = true;
    }

    final void runWhileSignalled(Runnable firstWindow) {
      Runnable window = firstWindow;
      while (signalled) {
        iterate(window);
        window = () -> {};
      }
    }
  }

  private static final class ClearsBefore extends Miniature {
    @Override
    void iterate(Runnable window) {
      signalled = false;
      seen = news;
      window.run();
    }
  }

  private static final class ClearsAfter extends Miniature {
    @Override
    void iterate(Runnable window) {
      seen = news;
      window.run();
      signalled = false;
    }
  }

  @Test
  void iterate_signalComesMeanwhile_isSeen() {
    Miniature loop = new ClearsBefore();
    loop.signal();
    loop.runWhileSignalled(loop::signal);
    assertEquals(2, loop.seen);
  }

  /** The broken twin: the second signal's news is never looked at. */
  @Test
  void iterateBroken_signalComesMeanwhile_isLost() {
    Miniature loop = new ClearsAfter();
    loop.signal();
    loop.runWhileSignalled(loop::signal);
    assertEquals(1, loop.seen);
  }
}
