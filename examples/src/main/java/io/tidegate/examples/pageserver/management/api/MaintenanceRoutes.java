// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.management.http.HttpException;
import io.tidegate.examples.pageserver.management.http.Request;
import io.tidegate.examples.pageserver.management.http.Response;
import io.tidegate.examples.pageserver.management.http.Router;
import io.tidegate.examples.pageserver.tenant.Tenant;
import io.tidegate.examples.pageserver.tenant.Tenants;
import io.tidegate.examples.pageserver.timeline.CompactionResult;
import io.tidegate.examples.pageserver.timeline.GcResult;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.Lsn;
import java.io.IOException;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What the server does by itself from time to time, done now. The work is a task of the timeline: it comes to its end when
 * the client leaves.
 */
final class MaintenanceRoutes {
  private static final String ONE = "/v1/tenant/{tenant_id}/timeline/{timeline_id}";

  private final Tenants tenants;

  /** How much to keep, in bytes of the log; none for what is set for the tenant. */
  private record Collection(@Nullable Long gcHorizon) {}

  private record Collected(
      int layersTotal,
      int layersNeededByCutoff,
      int layersNeededByPitr,
      int layersNeededByBranches,
      int layersNotUpdated,
      int layersRemoved,
      long elapsedMillis) {
    static Collected of(GcResult result) {
      return new Collected(
          result.layersTotal(), result.layersNeededByCutoff(), result.layersNeededByPitr(),
          result.layersNeededByBranches(), result.layersNotUpdated(), result.layersRemoved(),
          result.elapsed().toMillis());
    }
  }

  private record Compacted(int layersCompacted, int layersWritten, int imagesWritten, long elapsedMillis) {
    static Compacted of(CompactionResult result) {
      return new Compacted(
          result.layersCompacted(), result.layersWritten(), result.imagesWritten(), result.elapsed().toMillis());
    }
  }

  MaintenanceRoutes(Tenants tenants) {
    this.tenants = tenants;
  }

  void addTo(Router router) {
    router
        .on("PUT", ONE + "/do_gc", (request, token) -> collect(request))
        .on("PUT", ONE + "/compact", (request, token) -> Json.ok(Compacted.of(timeline(request).compactNow())))
        .on("PUT", ONE + "/checkpoint", (request, token) -> checkpoint(request));
  }

  private Timeline timeline(Request request) {
    TimelineId id = Inputs.timeline(request);
    return tenants.find(Inputs.tenant(request)).timeline(id);
  }

  private Response collect(Request request) throws IOException, InterruptedException {
    TimelineId id = Inputs.timeline(request);
    Tenant tenant = tenants.find(Inputs.tenant(request));
    Collection body = request.body().length == 0 ? new Collection(null) : Json.body(request, Collection.class);
    if (body.gcHorizon != null && body.gcHorizon < 0) {
      throw HttpException.badRequest("field gc_horizon: not negative, as " + body.gcHorizon);
    }
    OptionalLong horizon = body.gcHorizon == null ? OptionalLong.empty() : OptionalLong.of(body.gcHorizon);
    return Json.ok(Collected.of(tenant.collectGarbageNow(id, horizon)));
  }

  /** Flushes what is in memory, and compacts, unless the query says {@code compact=false}. */
  private Response checkpoint(Request request) throws IOException, InterruptedException {
    boolean compact = Inputs.flag(request, "compact", true);
    Timeline timeline = timeline(request);
    Lsn durable = timeline.checkpointNow();
    if (compact) {
      return Json.ok(Map.of("disk_consistent_lsn", durable, "compaction", Compacted.of(timeline.compactNow())));
    }
    return Json.ok(Map.of("disk_consistent_lsn", durable));
  }
}
