// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import java.time.Duration;

/**
 * How a tenant's timelines store. Periods of zero turn off what they are the period of.
 *
 * @param checkpointDistance after how many bytes of WAL an open layer is frozen
 * @param checkpointTimeout how old its first record gets before it is frozen, though fewer bytes have come
 * @param frozenLayers how many frozen layers may wait for the flush before the ingest waits too
 * @param compactionTargetSize how many bytes of records a file of level 1 has, more or less
 * @param compactionPeriod how often compaction looks whether there is something to do
 * @param compactionThreshold how many files of level 0 it takes
 * @param imageCreationThreshold how many files of level 1 lie over an image before there is a new one
 * @param gcHorizon how many bytes of the log garbage collection keeps; 0 turns it off
 * @param gcPeriod how often garbage collection looks whether there is something to do
 * @param pitrInterval how old what garbage collection keeps is at least
 */
public record TenantSettings(
    long checkpointDistance,
    Duration checkpointTimeout,
    int frozenLayers,
    long compactionTargetSize,
    Duration compactionPeriod,
    int compactionThreshold,
    int imageCreationThreshold,
    long gcHorizon,
    Duration gcPeriod,
    Duration pitrInterval) {
  /** What holds where nothing else is set. */
  public static final TenantSettings DEFAULTS = new TenantSettings(
      256L << 20, Duration.ofMinutes(10), 4,
      128L << 20, Duration.ofSeconds(20), 10, 3,
      64L << 20, Duration.ofHours(1), Duration.ofDays(7));

  /** Checks the values. */
  public TenantSettings {
    if (checkpointDistance < 1 || frozenLayers < 1 || !isPositive(checkpointTimeout)) {
      throw new IllegalArgumentException(
          "checkpoint distance, timeout and number of frozen layers are positive: "
              + checkpointDistance + ", " + checkpointTimeout + ", " + frozenLayers);
    }
    if (compactionTargetSize < 1 || compactionThreshold < 1 || imageCreationThreshold < 1) {
      throw new IllegalArgumentException(
          "the compaction's target size, threshold and the threshold of images are positive: "
              + compactionTargetSize + ", " + compactionThreshold + ", " + imageCreationThreshold);
    }
    if (gcHorizon < 0 || compactionPeriod.isNegative() || gcPeriod.isNegative() || pitrInterval.isNegative()) {
      throw new IllegalArgumentException(
          "horizon, periods and intervals are not negative: "
              + gcHorizon + ", " + compactionPeriod + ", " + gcPeriod + ", " + pitrInterval);
    }
  }

  private static boolean isPositive(Duration duration) {
    return !duration.isNegative() && !duration.isZero();
  }

  /** {@return the same, frozen and flushed otherwise} */
  public TenantSettings withCheckpoint(long distance, Duration timeout, int frozen) {
    return new TenantSettings(
        distance, timeout, frozen, compactionTargetSize, compactionPeriod, compactionThreshold,
        imageCreationThreshold, gcHorizon, gcPeriod, pitrInterval);
  }

  /** {@return the same, compacted otherwise} */
  public TenantSettings withCompaction(long targetSize, Duration period, int threshold, int imageThreshold) {
    return new TenantSettings(
        checkpointDistance, checkpointTimeout, frozenLayers, targetSize, period, threshold,
        imageThreshold, gcHorizon, gcPeriod, pitrInterval);
  }

  /** {@return the same, with another garbage collection} */
  public TenantSettings withGc(long horizon, Duration period, Duration pitr) {
    return new TenantSettings(
        checkpointDistance, checkpointTimeout, frozenLayers, compactionTargetSize, compactionPeriod,
        compactionThreshold, imageCreationThreshold, horizon, period, pitr);
  }
}
