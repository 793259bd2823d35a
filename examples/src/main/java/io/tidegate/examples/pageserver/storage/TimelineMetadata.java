// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.wal.Lsn;
import java.util.regex.Pattern;

/**
 * What a timeline must know when it starts again.
 *
 * @param tenantId whose timeline it is
 * @param timelineId which one
 * @param systemIdentifier the identifier of the PostgreSQL cluster that the log comes from, unsigned
 * @param postgresTimeline the number of PostgreSQL's own timeline, from 1
 * @param slotName the replication slot that keeps the log for this timeline
 * @param startLsn where the timeline's log begins
 * @param diskConsistentLsn up to where the log is durable in layer files: ingest goes on from here
 */
public record TimelineMetadata(
    TenantId tenantId,
    TimelineId timelineId,
    long systemIdentifier,
    int postgresTimeline,
    String slotName,
    Lsn startLsn,
    Lsn diskConsistentLsn) {
  private static final Pattern SLOT_NAME = Pattern.compile("[a-z0-9_]{1,63}");

  /**
   * @throws IllegalArgumentException if PostgreSQL allows no such slot name or timeline number, or the disk-consistent
   *     LSN is before the start
   */
  public TimelineMetadata {
    if (!SLOT_NAME.matcher(slotName).matches()) {
      throw new IllegalArgumentException(
          "a slot name is 1 to 63 lower-case letters, digits and underscores, not \"" + slotName + "\"");
    }
    if (postgresTimeline < 1) {
      throw new IllegalArgumentException("PostgreSQL counts timelines from 1: " + postgresTimeline);
    }
    if (diskConsistentLsn.isBefore(startLsn)) {
      throw new IllegalArgumentException("disk-consistent at " + diskConsistentLsn + ", before the start " + startLsn);
    }
  }

  /** {@return the same with another disk-consistent LSN} */
  TimelineMetadata advancedTo(Lsn newDiskConsistentLsn) {
    return new TimelineMetadata(
        tenantId, timelineId, systemIdentifier, postgresTimeline, slotName, startLsn, newDiskConsistentLsn);
  }
}
