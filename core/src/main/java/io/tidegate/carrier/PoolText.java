// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

/** How a pool prints itself. */
final class PoolText {
  private PoolText() {}

  static String of(CarrierPool pool, String state) {
    return "CarrierPool[%s %s %s %s]".formatted(pool.name(), pool.isolation().mode(), state, pool.stats());
  }
}
