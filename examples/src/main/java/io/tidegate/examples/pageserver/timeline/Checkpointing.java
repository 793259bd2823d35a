// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import java.time.Duration;

/**
 * When an open layer is frozen.
 *
 * @param distance after this many bytes of WAL
 * @param timeout when its first record is this old, though fewer bytes have come
 * @param frozenLayers how many frozen layers may wait for the flush before the ingest waits too
 */
public record Checkpointing(long distance, Duration timeout, int frozenLayers) {
  /** Makes the limits. */
  public Checkpointing {
    if (distance < 1 || frozenLayers < 1 || timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException(
          "checkpoint distance, timeout and number of frozen layers are positive: "
              + distance + ", " + timeout + ", " + frozenLayers);
    }
  }
}
