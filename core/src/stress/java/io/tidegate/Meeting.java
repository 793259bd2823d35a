// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * What the two actors of a broken twin have in common: they begin side by side at each state. Left alone, one soon runs
 * ahead of the other, and the more so where other work takes their cores. The real ones are left alone: jcstress lines
 * them up as it does for everybody.
 */
public abstract class Meeting {
  private final AtomicInteger arrived = new AtomicInteger();

  /** The first thing that each actor does. */
  protected final void meet() {
    arrived.incrementAndGet();
    await(() -> arrived.get() == 2);
  }

  /** Waits for something that the other actor does before it waits itself. */
  protected static void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      window();
    }
  }

  /**
   * The window of a broken twin: gives the other actor a turn, also where both have one core. So the fault is met at any
   * load; how often says nothing of how often it would be met in the protocol.
   */
  @SuppressWarnings("ThreadPriorityCheck") // a turn is what this is about, and nothing relies on it
  protected static void window() {
    Thread.onSpinWait();
    Thread.yield();
  }
}
