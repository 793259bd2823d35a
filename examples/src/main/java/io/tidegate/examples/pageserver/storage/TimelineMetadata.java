// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.wal.Lsn;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a timeline must know when it starts again.
 *
 * @param tenantId whose timeline it is
 * @param timelineId which one
 * @param systemIdentifier the identifier of the PostgreSQL cluster that the log comes from, unsigned; 0 for none
 * @param postgresTimeline the number of PostgreSQL's own timeline, from 1
 * @param slotName the replication slot that keeps the log for this timeline
 * @param startLsn where the timeline's log begins
 * @param diskConsistentLsn up to where the log is durable in layer files: ingest goes on from here
 * @param branchPoint where it branches off from another timeline, whose pages it sees up to there; empty if it does not
 * @param stored what compaction and garbage collection have made of the layers
 */
public record TimelineMetadata(
    TenantId tenantId,
    TimelineId timelineId,
    long systemIdentifier,
    int postgresTimeline,
    String slotName,
    Lsn startLsn,
    Lsn diskConsistentLsn,
    Optional<BranchPoint> branchPoint,
    StoredLayers stored) {
  /**
   * A position in the log of another timeline of the same tenant.
   *
   * @param timelineId the ancestor
   * @param lsn the position
   */
  public record BranchPoint(TimelineId timelineId, Lsn lsn) {}

  private static final String NO_SLOT = "none";
  private static final Pattern SLOT_NAME = Pattern.compile("[a-z0-9_]{1,63}");

  /**
   * @throws IllegalArgumentException if PostgreSQL allows no such slot name or timeline number, or the disk-consistent
   *     LSN is before the start, or the timeline starts elsewhere than it branches off
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
    if (branchPoint.isPresent() && !branchPoint.get().lsn().equals(startLsn)) {
      throw new IllegalArgumentException("a branch at " + branchPoint.get() + " starts there, not at " + startLsn);
    }
  }

  /** {@return the metadata of a new timeline that is no branch, and of no PostgreSQL cluster} */
  public static TimelineMetadata of(TenantId tenantId, TimelineId timelineId, Lsn startLsn) {
    return withoutSource(tenantId, timelineId, startLsn, Optional.empty());
  }

  /** {@return the metadata of a new timeline that branches off from another one, and is of no PostgreSQL cluster} */
  public static TimelineMetadata branch(TenantId tenantId, TimelineId timelineId, BranchPoint from) {
    return withoutSource(tenantId, timelineId, from.lsn(), Optional.of(from));
  }

  private static TimelineMetadata withoutSource(
      TenantId tenantId, TimelineId timelineId, Lsn startLsn, Optional<BranchPoint> branchPoint) {
    return new TimelineMetadata(
        tenantId, timelineId, 0, 1, NO_SLOT, startLsn, startLsn, branchPoint, StoredLayers.none(startLsn));
  }

  /**
   * {@return the same with a log that comes from a PostgreSQL cluster}
   *
   * @param newSystemIdentifier the cluster's identifier
   * @param newPostgresTimeline the number of its own timeline
   * @param newSlotName the replication slot that keeps the log
   */
  public TimelineMetadata withSource(long newSystemIdentifier, int newPostgresTimeline, String newSlotName) {
    return new TimelineMetadata(
        tenantId, timelineId, newSystemIdentifier, newPostgresTimeline, newSlotName, startLsn, diskConsistentLsn,
        branchPoint, stored);
  }

  /** {@return whether the log comes from a PostgreSQL cluster} */
  public boolean hasSource() {
    return systemIdentifier != 0;
  }

  /** {@return the same with another disk-consistent LSN} */
  TimelineMetadata advancedTo(Lsn newDiskConsistentLsn) {
    return new TimelineMetadata(
        tenantId, timelineId, systemIdentifier, postgresTimeline, slotName, startLsn, newDiskConsistentLsn, branchPoint,
        stored);
  }

  /** {@return the same with other layers} */
  TimelineMetadata with(StoredLayers newStored) {
    return new TimelineMetadata(
        tenantId, timelineId, systemIdentifier, postgresTimeline, slotName, startLsn, diskConsistentLsn, branchPoint,
        newStored);
  }
}
