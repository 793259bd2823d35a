// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import io.tidegate.CancellationToken;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import java.util.List;
import java.util.SequencedMap;

/** The timelines that clients may ask for. */
interface ServedTimelines {
  /**
   * {@return a timeline, once its tenant is active}
   *
   * @throws CommandException if there is none, or its tenant does not become active in time
   */
  ServedTimeline find(TenantId tenant, TimelineId timeline, CancellationToken token)
      throws CommandException, InterruptedException;

  /** {@return what is set for a tenant, by name} */
  SequencedMap<String, String> settings(TenantId tenant) throws CommandException;

  /** {@return all of them, and tenants without any, one row each with {@link #STATUS_COLUMNS}; empty is unknown} */
  List<List<String>> status();

  /** What {@link #status} tells of a timeline. */
  List<String> STATUS_COLUMNS =
      List.of("tenant_id", "timeline_id", "state", "last_record_lsn", "disk_consistent_lsn");
}
