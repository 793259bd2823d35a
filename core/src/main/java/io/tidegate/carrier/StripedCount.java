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

  /** 2^64 by the golden ratio: spreads the numbers of threads over the upper bits. */
  private static final long SPREAD = 0x9E3779B97F4A7C15L;

  private final AtomicLongArray cells = new AtomicLongArray((1 << CELLS_LOG2) * SPACING);

  /** Adds one, as a volatile write does. */
  void increment() {
    int cell = (int) ((JvmThreads.currentCarrier().threadId() * SPREAD) >>> (Long.SIZE - CELLS_LOG2));
    cells.getAndIncrement(cell * SPACING);
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
