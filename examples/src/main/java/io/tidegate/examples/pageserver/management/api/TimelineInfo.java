// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.storage.TimelineMetadata.BranchPoint;
import io.tidegate.examples.pageserver.tenant.TimelineSlot;
import io.tidegate.examples.pageserver.timeline.LogicalSize;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.walreceiver.WalReceiver;
import io.tidegate.examples.pageserver.walreceiver.WalReceiverStatus.Received;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A timeline as a client gets it; one that is not active has ids and state only.
 *
 * @param tenantId whose it is
 * @param timelineId which one
 * @param state how far it is
 * @param ancestorTimelineId the timeline that it branches off from
 * @param ancestorLsn where it branches off
 * @param startLsn where its own log begins
 * @param lastRecordLsn the end of the last record that was ingested
 * @param prevRecordLsn where the record before the last one begins; none while none has come since the start
 * @param diskConsistentLsn up to where all is durable on disk
 * @param remoteConsistentLsn up to where the remote store has it
 * @param layersInMemory layers that are not on disk yet
 * @param layersOnDisk layers that are
 * @param currentPhysicalSize the bytes of its layer files
 * @param currentLogicalSize the bytes of its relations, when that was worked out last; none if it never was
 * @param currentLogicalSizeIsAccurate whether that is exact, and as of the last record
 * @param currentLogicalSizeNonIncremental the same, worked out for this request; only where it asks for that
 * @param latestGcCutoffLsn from where on reads are answered
 * @param walSourceConnstr where its log comes from, without a password; none if from nowhere
 * @param lastReceivedMsgLsn the end of the last message with WAL
 * @param lastReceivedMsgTs when that came, in microseconds since 1970
 * @param compactionPaused whether compaction has failed too often to be tried now
 * @param damagedLayers the names of the layer files that were found damaged
 */
record TimelineInfo(
    TenantId tenantId,
    TimelineId timelineId,
    StateInfo state,
    @Nullable TimelineId ancestorTimelineId,
    @Nullable Lsn ancestorLsn,
    @Nullable Lsn startLsn,
    @Nullable Lsn lastRecordLsn,
    @Nullable Lsn prevRecordLsn,
    @Nullable Lsn diskConsistentLsn,
    @Nullable Lsn remoteConsistentLsn,
    @Nullable Integer layersInMemory,
    @Nullable Integer layersOnDisk,
    @Nullable Long currentPhysicalSize,
    @Nullable Long currentLogicalSize,
    @Nullable Boolean currentLogicalSizeIsAccurate,
    @Nullable Long currentLogicalSizeNonIncremental,
    @Nullable Lsn latestGcCutoffLsn,
    @Nullable String walSourceConnstr,
    @Nullable Lsn lastReceivedMsgLsn,
    @Nullable Long lastReceivedMsgTs,
    @Nullable Boolean compactionPaused,
    @Nullable List<String> damagedLayers) {
  static TimelineInfo of(TenantId tenant, TimelineSlot slot) {
    return of(tenant, slot, null);
  }

  /** {@return the same with a size that was worked out just now} */
  static TimelineInfo of(TenantId tenant, TimelineSlot slot, @Nullable Long sizeNow) {
    Optional<Timeline> timeline = slot.timeline();
    Optional<LogicalSize.Known> size = timeline.flatMap(each -> each.logicalSize().known());
    Optional<WalReceiver> receiver = timeline.flatMap(Timeline::walReceiver);
    Optional<Received> received = receiver.flatMap(each -> each.status().value().lastReceived());
    return new TimelineInfo(
        tenant,
        slot.id(),
        StateInfo.of(slot.state().value()),
        slot.ancestor().orElse(null),
        timeline.flatMap(each -> each.metadata().branchPoint()).map(BranchPoint::lsn).orElse(null),
        timeline.map(each -> each.metadata().startLsn()).orElse(null),
        timeline.map(Timeline::lastRecordLsn).orElse(null),
        timeline.map(Timeline::previousRecordLsn).filter(each -> !each.equals(Lsn.INVALID)).orElse(null),
        timeline.map(Timeline::diskConsistentLsn).orElse(null),
        timeline.map(Timeline::remoteConsistentLsn).orElse(null),
        timeline.map(Timeline::layersInMemory).orElse(null),
        timeline.map(Timeline::layersOnDisk).orElse(null),
        timeline.map(Timeline::physicalSize).orElse(null),
        size.map(LogicalSize.Known::bytes).orElse(null),
        size.map(known -> known.isExact() && timeline.map(Timeline::lastRecordLsn).equals(Optional.of(known.lsn())))
            .orElse(null),
        sizeNow,
        timeline.map(Timeline::gcCutoff).orElse(null),
        receiver.map(WalReceiver::where).orElse(null),
        received.map(Received::lsn).orElse(null),
        received.map(TimelineInfo::micros).orElse(null),
        timeline.map(each -> each.maintenance().isCompactionPaused()).orElse(null),
        timeline.map(TimelineInfo::damagedLayers).orElse(null));
  }

  private static List<String> damagedLayers(Timeline timeline) {
    return timeline.maintenance().damagedFiles().stream().map(file -> file.getFileName().toString()).toList();
  }

  static long micros(Received received) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, received.at().at());
  }
}
