// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import io.tidegate.internal.JvmThreads;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A counter that only grows, in as many cells as keep two carriers from each other's. Safe for use by any thread, no
 * lock.
 *
 * <p>A {@link java.util.concurrent.atomic.LongAdder} takes its cell by the thread, and a virtual one that has just been
 * made has none yet: it pays for finding one, for a single count. Here it is that of the carrier.
 */
final class StripedCount {
  /** Longs between two cells: two cache lines, which the machine may fetch together. */
  private static final int SPACING = 16;

  private static final int CELLS_LOG2 = 5;

  private final AtomicLongArray cells = new AtomicLongArray((1 << CELLS_LOG2) * SPACING);

  /** Adds one, as a volatile write does. */
  void increment() {
    cells.getAndIncrement(JvmThreads.stripe(CELLS_LOG2) * SPACING);
  }

  /** Returns a value that the counter had at some time during the call. */
  long sum() {
    long sum = 0;
    for (int i = 0; i < cells.length(); i += SPACING) {
      sum += cells.get(i);
    }
    return sum;
  }
}
