// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import io.tidegate.CancellationToken;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.pageservice.wire.SqlState;
import io.tidegate.examples.pageserver.tenant.RefusedException;
import io.tidegate.examples.pageserver.tenant.Tenant;
import io.tidegate.examples.pageserver.tenant.Tenants;
import io.tidegate.examples.pageserver.tenant.TimelineSlot;
import java.time.Duration;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Stream;

/**
 * The timelines of the server's tenants.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
final class StoredTimelines implements ServedTimelines {
  /** How long a client waits for a tenant that is on its way to work. */
  private static final Duration UNTIL_ACTIVE = Duration.ofSeconds(5);

  private final Tenants tenants;

  StoredTimelines(Tenants tenants) {
    this.tenants = tenants;
  }

  @Override
  public ServedTimeline find(TenantId tenantId, TimelineId timelineId, CancellationToken token)
      throws CommandException, InterruptedException {
    try {
      Tenant tenant = tenants.find(tenantId);
      tenant.awaitActive(UNTIL_ACTIVE, token);
      return new StoredTimeline(tenant.timeline(timelineId));
    } catch (RefusedException refused) {
      throw told(refused);
    }
  }

  private static CommandException told(RefusedException refused) {
    SqlState state = switch (refused.why()) {
      case NOT_FOUND -> SqlState.UNDEFINED_OBJECT;
      case UNAVAILABLE -> SqlState.CANNOT_CONNECT_NOW;
      case BROKEN, CONFLICT, PRECONDITION, INVALID -> SqlState.OBJECT_NOT_IN_STATE;
    };
    return new CommandException(state, String.valueOf(refused.getMessage()), refused);
  }

  @Override
  public SequencedMap<String, String> settings(TenantId tenantId) throws CommandException {
    try {
      return tenants.find(tenantId).effectiveConfig().effective();
    } catch (RefusedException refused) {
      throw told(refused);
    }
  }

  @Override
  public List<List<String>> status() {
    return tenants.list().stream().flatMap(StoredTimelines::status).toList();
  }

  private static Stream<List<String>> status(Tenants.Entry tenant) {
    String id = tenant.id().toString();
    List<TimelineSlot> timelines = tenant.tenant().map(Tenant::timelines).orElse(List.of());
    return timelines.isEmpty()
        ? Stream.of(List.of(id, "", tenant.state().toString(), "", ""))
        : timelines.stream().map(timeline -> status(id, timeline));
  }

  private static List<String> status(String tenantId, TimelineSlot slot) {
    return List.of(
        tenantId,
        slot.id().toString(),
        slot.state().value().toString(),
        slot.timeline().map(timeline -> timeline.lastRecordLsn().toString()).orElse(""),
        slot.timeline().map(timeline -> timeline.diskConsistentLsn().toString()).orElse(""));
  }
}
