// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.Race;
import io.tidegate.SideThread;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** C1, C2 of {@link CoarseTime}. */
class CoarseTimeTest {
  private static long tickers() {
    return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().equals("tidegate-clock")).count();
  }

  /** It goes on, never back, and is never ahead of the machine's clock. */
  @Test
  void nanoTime_asked_goesOn() {
    long first = CoarseTime.nanoTime();
    AtomicLong last = new AtomicLong(first);
    SideThread.until(() -> {
      long now = CoarseTime.nanoTime();
      assertTrue(now - last.get() >= 0, () -> last + " was followed by " + now);
      assertTrue(System.nanoTime() - now >= 0);
      last.set(now);
      return now - first > 0;
    });
  }

  /** A process in which nobody asks has no thread for it; the next one who asks gets the time of then, and one thread. */
  @Test
  void nanoTime_nobodyHasAskedForAWhile_isAwakeAgain() throws Exception {
    CoarseTime.nanoTime();
    SideThread.until(() -> tickers() == 0);
    long before = System.nanoTime();
    List<Long> told = new ArrayList<>();
    Race.once(List.of(() -> add(told), () -> add(told), () -> add(told), () -> add(told)));
    told.forEach(time -> assertTrue(time - before >= 0));
    assertTrue(tickers() <= 1);
  }

  private static void add(List<Long> told) {
    long time = CoarseTime.nanoTime();
    synchronized (told) {
      told.add(time);
    }
  }
}
