// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh;

import io.tidegate.carrier.CarrierPool;

/** Waits for threads that park, before anything is measured. */
public final class Idle {
  private Idle() {}

  /** Returns when no thread of a pool runs or is about to. */
  public static void await(CarrierPool pool) {
    while (pool.stats().queued().orElse(0) > 0 || pool.stats().mounted().orElse(0) > 0) {
      Thread.onSpinWait();
    }
  }
}
