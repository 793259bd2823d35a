// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.management.http.HttpException;
import io.tidegate.examples.pageserver.management.http.Request;
import io.tidegate.examples.pageserver.management.http.Response;
import io.tidegate.examples.pageserver.management.http.Router;
import io.tidegate.examples.pageserver.remote.Downloads;
import io.tidegate.examples.pageserver.tenant.Tenants;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Starts to fetch the layers that a timeline has lost, and tells how that goes on. */
final class DownloadRoutes {
  private static final String PATH = "/v1/tenant/{tenant_id}/timeline/{timeline_id}/download_remote_layers";
  private static final int MOST_AT_ONCE = 100;

  private final Tenants tenants;

  private record Wanted(@Nullable Integer maxConcurrentDownloads) {}

  private record JobInfo(
      long taskId, String state, int totalLayerCount, int successfulDownloadCount, int failedDownloadCount) {
    static JobInfo of(Downloads.Job job) {
      String state = switch (job.state()) {
        case RUNNING -> "Running";
        case COMPLETED -> "Completed";
        case SHUT_DOWN -> "ShutDown";
      };
      return new JobInfo(job.taskId(), state, job.total(), job.successful(), job.failed());
    }
  }

  DownloadRoutes(Tenants tenants) {
    this.tenants = tenants;
  }

  void addTo(Router router) {
    router
        .on("POST", PATH, (request, token) -> start(request))
        .on("GET", PATH, (request, token) -> Json.ok(job(downloads(request))));
  }

  private Downloads downloads(Request request) {
    TimelineId id = Inputs.timeline(request);
    return tenants.find(Inputs.tenant(request)).downloads(id);
  }

  private Response start(Request request) {
    Integer atOnce = Json.body(request, Wanted.class).maxConcurrentDownloads;
    if (atOnce == null || atOnce < 1 || atOnce > MOST_AT_ONCE) {
      throw HttpException.badRequest("field max_concurrent_downloads: a number from 1 to " + MOST_AT_ONCE);
    }
    Downloads downloads = downloads(request);
    Optional<Downloads.Job> begun = downloads.start(atOnce);
    return begun.isPresent()
        ? Json.response(202, JobInfo.of(begun.get()))
        : Json.response(409, job(downloads));
  }

  private static JobInfo job(Downloads downloads) {
    return downloads.job()
        .map(JobInfo::of)
        .orElseThrow(() -> HttpException.notFound("no download was started"));
  }
}
