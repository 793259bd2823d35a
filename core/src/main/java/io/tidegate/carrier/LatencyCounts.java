// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.LongStream;

/** Counts waits by their length in powers of two. Safe for use by any thread, no lock. */
final class LatencyCounts {
  /** The last one is for 2^46 ns, 19 hours, and everything longer. */
  private static final int BUCKETS = 48;

  private final AtomicLongArray counts = new AtomicLongArray(BUCKETS);

  void add(long nanos) {
    int bits = Long.SIZE - Long.numberOfLeadingZeros(Math.max(0, nanos));
    counts.incrementAndGet(Math.min(bits, BUCKETS - 1));
  }

  LatencyHistogram histogram() {
    List<Long> copy = LongStream.range(0, BUCKETS).map(i -> counts.get((int) i)).boxed().toList();
    return new LatencyHistogram(copy);
  }
}
