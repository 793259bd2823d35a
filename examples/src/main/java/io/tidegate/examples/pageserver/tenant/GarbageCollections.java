// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.tenant.RefusedException.Why;
import io.tidegate.examples.pageserver.timeline.GcPolicy;
import io.tidegate.examples.pageserver.timeline.GcResult;
import io.tidegate.examples.pageserver.timeline.TenantSettings;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.Lsn;
import java.io.IOException;
import java.util.Collection;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * Garbage collection of one tenant's timelines, which keeps what other timelines of the tenant need as branches.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
final class GarbageCollections {
  private final Collection<TimelineSlot> slots;
  private final Supplier<TenantSettings> settings;

  /**
   * Prepares.
   *
   * @param slots all timelines of the tenant, as of whenever they are looked at
   * @param settings the tenant's
   */
  GarbageCollections(Collection<TimelineSlot> slots, Supplier<TenantSettings> settings) {
    this.slots = slots;
    this.settings = settings;
  }

  /**
   * Collects in a task of the timeline, and waits for it.
   *
   * @param horizon how many bytes of the log to keep; empty for what is configured
   * @throws RefusedException if the horizon is negative, or none is given and garbage collection is turned off, or it cannot
   *     be known where a broken timeline branches off
   */
  GcResult run(Timeline timeline, OptionalLong horizon) throws IOException, InterruptedException {
    TenantSettings now = settings.get();
    long kept = horizon.orElse(now.gcHorizon());
    if (kept < 0) {
      throw new RefusedException(Why.INVALID, "a horizon of " + kept + " bytes");
    }
    if (horizon.isEmpty() && kept == 0) {
      throw new RefusedException(Why.PRECONDITION, "garbage collection is turned off: say which horizon to keep");
    }
    checkBranchesAreKnown();
    return timeline.collectGarbage(new GcPolicy(kept, now.pitrInterval(), () -> branchPoints(timeline.id())));
  }

  private void checkBranchesAreKnown() {
    slots.stream().filter(TimelineSlot::hidesBranchPoint).findFirst().ifPresent(slot -> {
      throw new RefusedException(
          Why.PRECONDITION, slot + ", and may need what would be removed: delete it, or restore its files");
    });
  }

  /** {@return where others branch off from a timeline, those included that are being created or deleted} */
  private Set<Lsn> branchPoints(TimelineId ancestor) {
    Set<Lsn> points = new TreeSet<>();
    for (TimelineSlot slot : slots) {
      slot.branchPoint().filter(point -> point.timelineId().equals(ancestor)).ifPresent(point -> points.add(point.lsn()));
    }
    return points;
  }
}
