// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** What a soak has done so far. Safe for use by any thread. */
final class SoakTotals {
  final AtomicInteger seasons = new AtomicInteger();
  final LongAdder operations = new LongAdder();
  final LongAdder tasks = new LongAdder();
  final LongAdder refused = new LongAdder();
  final LongAdder listeners = new LongAdder();
  final LongAdder steps = new LongAdder();
  final LongAdder scopes = new LongAdder();
  /** Scopes that were found closed, and then checked for the first time. */
  final LongAdder closes = new LongAdder();

  @Override
  public String toString() {
    return "seasons %d, operations %,d, tasks %,d, refused %,d, listeners %,d, steps %,d, scopes %,d, closes %,d"
        .formatted(
            seasons.get(),
            operations.sum(),
            tasks.sum(),
            refused.sum(),
            listeners.sum(),
            steps.sum(),
            scopes.sum(),
            closes.sum());
  }
}
