// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.storage.TimelineMetadata.BranchPoint;
import io.tidegate.examples.pageserver.tenant.Tenant;
import io.tidegate.examples.pageserver.tenant.TimelineSlot;
import io.tidegate.examples.pageserver.timeline.LogicalSize;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.Lsn;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How large a tenant is, with what that follows from. Timelines that do not work are left out.
 *
 * @param id which tenant
 * @param size what has to be kept for it, in bytes, however it is stored: of a timeline without an ancestor the relations
 *     and the log since the cutoff; of a branch its own log, or its relations if these are smaller
 * @param physicalSize the bytes of its layer files here
 * @param inputs its timelines
 */
record TenantSize(TenantId id, long size, long physicalSize, List<Input> inputs) {
  /**
   * One timeline.
   *
   * @param timelineId which one
   * @param ancestorTimelineId the timeline that it branches off from
   * @param ancestorLsn where it branches off
   * @param latestGcCutoffLsn from where on reads are answered
   * @param lastRecordLsn the end of the last record
   * @param retainedWal the bytes of the log in between
   * @param logicalSize the bytes of its relations
   * @param logicalSizeIsExact whether all of them are known; if not, they are as many or more
   * @param physicalSize the bytes of its layer files
   */
  record Input(
      TimelineId timelineId,
      @Nullable TimelineId ancestorTimelineId,
      @Nullable Lsn ancestorLsn,
      Lsn latestGcCutoffLsn,
      Lsn lastRecordLsn,
      long retainedWal,
      long logicalSize,
      boolean logicalSizeIsExact,
      long physicalSize) {
    private long size() {
      return ancestorTimelineId == null ? logicalSize + retainedWal : Math.min(logicalSize, retainedWal);
    }
  }

  /** Waits until all sizes are worked out. */
  static TenantSize of(Tenant tenant) throws IOException, InterruptedException {
    List<Input> inputs = new ArrayList<>();
    for (TimelineSlot slot : tenant.timelines()) {
      Optional<Timeline> timeline = slot.state().value().isActive() ? slot.timeline() : Optional.empty();
      if (timeline.isPresent()) {
        inputs.add(input(timeline.get()));
      }
    }
    return new TenantSize(
        tenant.id(),
        inputs.stream().mapToLong(Input::size).sum(),
        inputs.stream().mapToLong(Input::physicalSize).sum(),
        inputs);
  }

  private static Input input(Timeline timeline) throws IOException, InterruptedException {
    LogicalSize.Known size = timeline.logicalSize().await();
    Optional<BranchPoint> branch = timeline.metadata().branchPoint();
    return new Input(
        timeline.id(),
        branch.map(BranchPoint::timelineId).orElse(null),
        branch.map(BranchPoint::lsn).orElse(null),
        timeline.gcCutoff(),
        size.lsn(),
        size.lsn().minus(timeline.gcCutoff()),
        size.bytes(),
        size.isExact(),
        timeline.physicalSize());
  }
}
