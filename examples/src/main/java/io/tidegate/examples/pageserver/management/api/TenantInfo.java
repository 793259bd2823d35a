// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.tenant.State;
import io.tidegate.examples.pageserver.tenant.Tenant;
import io.tidegate.examples.pageserver.tenant.TimelineSlot;
import io.tidegate.examples.pageserver.timeline.Timeline;
import java.util.List;
import java.util.Optional;

/**
 * A tenant as a client gets it.
 *
 * @param id which one
 * @param state how far it is
 * @param currentPhysicalSize the bytes of all layer files
 * @param hasInProgressDownloads whether it is being fetched from the remote store
 * @param timelines its timelines; none while an operation has the tenant
 */
record TenantInfo(
    TenantId id, StateInfo state, long currentPhysicalSize, boolean hasInProgressDownloads, List<String> timelines) {
  static TenantInfo of(TenantId id, State state, Optional<Tenant> tenant) {
    List<String> timelines = tenant.stream()
        .flatMap(each -> each.timelines().stream())
        .map(TimelineSlot::id)
        .map(String::valueOf)
        .toList();
    long bytes = tenant.stream()
        .flatMap(each -> each.timelines().stream())
        .flatMap(slot -> slot.timeline().stream())
        .mapToLong(Timeline::physicalSize)
        .sum();
    return new TenantInfo(id, StateInfo.of(state), bytes, state.phase() == State.Phase.ATTACHING, timelines);
  }
}
