// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import java.util.random.RandomGenerator;

/**
 * The source of all chance of a run: SplitMix64, whose numbers are the same on every JVM. The defaults of the interface
 * may differ between JDKs, so what the schedule takes from it is made here.
 */
final class SplitMix implements RandomGenerator {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private long state;

  SplitMix(long seed) {
    state = seed;
  }

  @Override
  public long nextLong() {
    state += GOLDEN;
    long mixed = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }

  /** A number from 0 up to a bound, which is above 0; small bounds only, for it is not quite even. */
  int below(int bound) {
    return (int) (((nextLong() >>> 32) * bound) >>> 32);
  }

  /** Another source, whose numbers have nothing to do with this one's. */
  SplitMix fork() {
    return new SplitMix(nextLong());
  }
}
