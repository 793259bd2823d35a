// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidegate.Trail;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * I1 of {@link Watch}: why a reader looks whether the writer has ended before it looks at the value.
 *
 * <p>The twin looks at the value first: the last value and the end fit in between, and the reader sees the end only.
 */
final class WatchEndRaceTest {
  /** A watch that has nothing but a value and an end. */
  private abstract static class Miniature {
    volatile int latest;
    volatile boolean closed;
    int seen;
    final Trail trail = new Trail();

    /** Looks once; {@code window} is run where another thread could get a turn. */
    abstract void look(Runnable window);

    final void writeLast() {
      latest = 1;
      closed = true;
    }

    final void tell(boolean ended, int value) {
      if (value != seen) {
        seen = value;
        trail.add("value " + value);
      } else if (ended) {
        trail.add("end");
      }
    }
  }

  private static final class LooksAtTheEndFirst extends Miniature {
    @Override
    void look(Runnable window) {
      boolean ended = closed;
      window.run();
      tell(ended, latest);
    }
  }

  private static final class LooksAtTheValueFirst extends Miniature {
    @Override
    void look(Runnable window) {
      int value = latest;
      window.run();
      tell(closed, value);
    }
  }

  @Test
  void look_lastValueComesInTheWindow_isDelivered() {
    Miniature watch = new LooksAtTheEndFirst();
    watch.look(watch::writeLast);
    watch.look(() -> {});
    assertEquals(List.of("value 1", "end"), watch.trail.events());
  }

  /** The broken twin: the end, and the last value never seen. */
  @Test
  void lookBroken_lastValueComesInTheWindow_isLost() {
    Miniature watch = new LooksAtTheValueFirst();
    watch.look(watch::writeLast);
    assertEquals(List.of("end"), watch.trail.events());
  }
}
