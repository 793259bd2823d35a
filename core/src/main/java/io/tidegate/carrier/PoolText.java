// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

/** How a pool prints itself. */
final class PoolText {
  private PoolText() {}

  static String of(CarrierPool pool, String state) {
    PoolStats stats = pool.stats();
    return "CarrierPool[%s %s %s parallelism=%d started=%d completed=%d live=%d]"
        .formatted(
            pool.name(),
            pool.isolation().mode(),
            state,
            stats.parallelism(),
            stats.started(),
            stats.completed(),
            stats.live());
  }
}
