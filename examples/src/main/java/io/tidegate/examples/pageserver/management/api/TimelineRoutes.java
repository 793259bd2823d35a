// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import io.tidegate.Task;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.management.http.HttpException;
import io.tidegate.examples.pageserver.management.http.Request;
import io.tidegate.examples.pageserver.management.http.Response;
import io.tidegate.examples.pageserver.management.http.Router;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.tenant.State;
import io.tidegate.examples.pageserver.tenant.Tenant;
import io.tidegate.examples.pageserver.tenant.Tenants;
import io.tidegate.examples.pageserver.tenant.TimelineSlot;
import io.tidegate.examples.pageserver.timeline.LsnAtTime;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.walreceiver.WalReceiver;
import io.tidegate.examples.pageserver.walreceiver.WalReceiverStatus;
import io.tidegate.examples.pageserver.walreceiver.WalReceiverStatus.Received;
import java.io.IOException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** What can be asked of timelines and done with them. All that changes something is a task of the tenant or the timeline. */
final class TimelineRoutes {
  private static final String ALL = "/v1/tenant/{tenant_id}/timeline";
  private static final String ONE = ALL + "/{timeline_id}";
  /** Where the log of a new cluster begins. */
  private static final Lsn FIRST = Lsn.parse("0/1000000");

  private final Tenants tenants;

  /**
   * The body of a request to create a timeline.
   *
   * @param newTimelineId which one; none for a random one
   * @param ancestorTimelineId the timeline to branch off from; none for an empty timeline
   * @param ancestorStartLsn where to branch off; none for the ancestor's last record
   * @param startLsn where the log of an empty timeline begins
   * @param pgVersion accepted and not looked at: pages and records of the versions differ in nothing that matters here
   */
  private record Creation(
      @Nullable String newTimelineId,
      @Nullable String ancestorTimelineId,
      @Nullable String ancestorStartLsn,
      @Nullable String startLsn,
      @Nullable Integer pgVersion) {}

  /**
   * What a timeline receives; what there was nothing of yet is left out.
   *
   * @param threadId the thread of the connection; none while there is no connection
   * @param walProducerConnstr where the log comes from, without a password
   * @param lastReceivedMsgLsn the end of the last message with WAL
   * @param lastReceivedMsgTs when that came, in microseconds since 1970
   * @param walreceiverStatus all that is known of the sources, in words
   */
  private record WalReceiverInfo(
      @Nullable Long threadId,
      String walProducerConnstr,
      @Nullable Lsn lastReceivedMsgLsn,
      @Nullable Long lastReceivedMsgTs,
      String walreceiverStatus) {}

  TimelineRoutes(Tenants tenants) {
    this.tenants = tenants;
  }

  void addTo(Router router) {
    router
        .on("GET", ALL, (request, token) -> list(Inputs.tenant(request)))
        .on("POST", ALL, (request, token) -> create(request))
        .on("GET", ONE, (request, token) -> info(request))
        .on("DELETE", ONE, (request, token) -> delete(request))
        .on("GET", ONE + "/get_lsn_by_timestamp", (request, token) -> lsnAt(request))
        .on("GET", ONE + "/wal_receiver", (request, token) -> walReceiver(timeline(request)));
  }

  private Response list(TenantId id) {
    Tenant tenant = tenants.find(id);
    State state = tenant.state().value();
    if (state.isComing()) {
      throw HttpException.unavailable("tenant " + id + " is " + state + ": not all its timelines are found yet");
    }
    return Json.ok(tenant.timelines().stream().map(slot -> TimelineInfo.of(id, slot)).toList());
  }

  private Response lsnAt(Request request) throws IOException, InterruptedException {
    String text = request.parameter("timestamp")
        .orElseThrow(() -> HttpException.badRequest("field timestamp is missing"));
    Instant time = Inputs.parse("timestamp", text, TimelineRoutes::instant);
    LsnAtTime found = timeline(request).lsnAt(time);
    return Json.ok(Map.of("lsn", found.lsn(), "kind", found.kind().name().toLowerCase(Locale.ROOT)));
  }

  private static Instant instant(String text) {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException malformed) {
      throw new IllegalArgumentException("a time is like 2026-01-31T12:00:00Z, not \"" + text + "\"", malformed);
    }
  }

  private Response info(Request request) throws IOException, InterruptedException {
    TenantId tenantId = Inputs.tenant(request);
    TimelineId id = Inputs.timeline(request);
    Tenant tenant = tenants.find(tenantId);
    Optional<TimelineSlot> slot = tenant.timelines().stream().filter(each -> each.id().equals(id)).findFirst();
    if (slot.isEmpty()) {
      tenant.timeline(id); // says for certain that there is none
      throw HttpException.unavailable("timeline " + id + " has come to be just now");
    }
    boolean sizeNow = Inputs.flag(request, "include-non-incremental-logical-size", false);
    if (sizeNow) {
      return Json.ok(TimelineInfo.of(tenantId, slot.get(), tenant.timeline(id).logicalSize().await().bytes()));
    }
    slot.get().timeline().ifPresent(timeline -> timeline.logicalSize().refresh());
    return Json.ok(TimelineInfo.of(tenantId, slot.get()));
  }

  private Timeline timeline(Request request) {
    TimelineId id = Inputs.timeline(request);
    return tenants.find(Inputs.tenant(request)).timeline(id);
  }

  private Response create(Request request) throws IOException, InterruptedException {
    TenantId tenantId = Inputs.tenant(request);
    Creation body = request.body().length == 0
        ? new Creation(null, null, null, null, null)
        : Json.body(request, Creation.class);
    TimelineId id = body.newTimelineId == null
        ? TimelineId.random()
        : Inputs.parse("new_timeline_id", body.newTimelineId, TimelineId::parse);
    Tenant tenant = tenants.find(tenantId);
    create(tenant, id, body);
    return tenant.timelines().stream()
        .filter(each -> each.id().equals(id))
        .findFirst()
        .map(slot -> Json.response(201, TimelineInfo.of(tenantId, slot)))
        .orElseThrow(() -> HttpException.notFound("timeline " + id + " was created, and deleted by another request"));
  }

  private static void create(Tenant tenant, TimelineId id, Creation body) throws IOException, InterruptedException {
    if (body.ancestorTimelineId != null) {
      TimelineId ancestor = Inputs.parse("ancestor_timeline_id", body.ancestorTimelineId, TimelineId::parse);
      Optional<Lsn> at = Optional.ofNullable(body.ancestorStartLsn)
          .map(text -> Inputs.parse("ancestor_start_lsn", text, Lsn::parse));
      tenant.branchTimeline(id, ancestor, at);
    } else if (body.ancestorStartLsn != null) {
      throw HttpException.badRequest("field ancestor_start_lsn: there is no ancestor_timeline_id");
    } else {
      Lsn start = body.startLsn == null ? FIRST : Inputs.parse("start_lsn", body.startLsn, Lsn::parse);
      tenant.createTimeline(TimelineMetadata.of(tenant.id(), id, start));
    }
  }

  /** Waits for the end of the deletion, which goes on whoever waits. */
  private Response delete(Request request) throws IOException, InterruptedException {
    TimelineId id = Inputs.timeline(request);
    Task<?> deletion = tenants.find(Inputs.tenant(request)).deleteTimeline(id);
    deletion.join();
    if (deletion.state() != Task.State.SUCCEEDED) {
      throw HttpException.unavailable("the deletion of timeline " + id + " is not finished; it goes on after the next start");
    }
    return Json.ok(Map.of());
  }

  private static Response walReceiver(Timeline timeline) {
    WalReceiver receiver = timeline.walReceiver()
        .orElseThrow(() -> HttpException.notFound("timeline " + timeline.id() + " receives from nowhere"));
    OptionalLong thread = timeline.scope().tasks().stream()
        .filter(task -> task.kind() == Kind.WAL_RECEIVER_POLLER)
        .map(Task::threadId)
        .flatMapToLong(OptionalLong::stream)
        .findFirst();
    WalReceiverStatus status = receiver.status().value();
    return Json.ok(new WalReceiverInfo(
        thread.isPresent() ? thread.getAsLong() : null,
        receiver.where(),
        status.lastReceived().map(Received::lsn).orElse(null),
        status.lastReceived().map(TimelineInfo::micros).orElse(null),
        status.toString()));
  }
}
