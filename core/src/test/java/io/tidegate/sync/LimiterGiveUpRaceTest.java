// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayDeque;
import org.junit.jupiter.api.Test;

/**
 * I3 of {@link Limiter}: why a waiter that gives up looks whether it was granted a permit meanwhile.
 *
 * <p>The twin only leaves the line: a permit that was handed over between the end of its wait and that step is lost.
 */
final class LimiterGiveUpRaceTest {
  /** A limiter of one permit, which is held at first. */
  private abstract static class Miniature {
    final ArrayDeque<Place> line = new ArrayDeque<>();
    int free;

    abstract void giveUp(Place place);

    final Place standInLine() {
      Place place = new Place();
      line.add(place);
      return place;
    }

    final synchronized void release() {
      Place first = line.poll();
      if (first == null) {
        free++;
      } else {
        first.granted = true;
      }
    }
  }

  private static final class Place {
    boolean granted;
  }

  private static final class PassesOn extends Miniature {
    @Override
    synchronized void giveUp(Place place) {
      line.remove(place);
      if (place.granted) {
        release();
      }
    }
  }

  private static final class OnlyLeaves extends Miniature {
    @Override
    synchronized void giveUp(Place place) {
      line.remove(place);
    }
  }

  /** Its wait has ended by a cancel; the permit comes; then it gives up. */
  private static void cancelThenGrantThenGiveUp(Miniature limiter) {
    Place cancelled = limiter.standInLine();
    limiter.release();
    limiter.giveUp(cancelled);
  }

  @Test
  void giveUp_grantedMeanwhile_freesThePermit() {
    Miniature limiter = new PassesOn();
    cancelThenGrantThenGiveUp(limiter);
    assertEquals(1, limiter.free);
  }

  /** The broken twin: nobody holds the permit, and it is not free. */
  @Test
  void giveUpBroken_grantedMeanwhile_losesThePermit() {
    Miniature limiter = new OnlyLeaves();
    cancelThenGrantThenGiveUp(limiter);
    assertEquals(0, limiter.free);
  }
}
