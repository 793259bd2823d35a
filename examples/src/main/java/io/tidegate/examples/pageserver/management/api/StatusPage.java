// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import io.tidegate.carrier.CarrierPool;
import io.tidegate.carrier.PoolStats;
import io.tidegate.examples.pageserver.management.http.Response;
import io.tidegate.examples.pageserver.management.http.Router;
import io.tidegate.examples.pageserver.task.Pools;
import io.tidegate.examples.pageserver.tenant.Tenants;
import io.tidegate.examples.pageserver.tenant.TimelineSlot;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.walreceiver.WalReceiver;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** The page for people: pools, tenants with their timelines, and the tree of tasks. It fetches its own content again. */
final class StatusPage {
  private static final String HTML = "text/html";
  /** Nothing from elsewhere, whatever somebody gets into the page. */
  private static final Map<String, String> HEADERS = Map.of(
      "Content-Security-Policy",
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
          + "form-action 'none'; frame-ancestors 'none'");

  private static final String FRAME = resource("status.html");

  private final ManagementApi.Subject subject;

  StatusPage(ManagementApi.Subject subject) {
    this.subject = subject;
  }

  void addTo(Router router) {
    router
        .on("GET", "/", (request, token) ->
            Response.text(200, HTML, FRAME.replace("<!--CONTENT-->", content())).with(HEADERS))
        .on("GET", "/content", (request, token) -> Response.text(200, HTML, content()).with(HEADERS));
  }

  private static String resource(String name) {
    try (InputStream in = Objects.requireNonNull(StatusPage.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private String content() {
    Html html = new Html();
    addServer(html);
    addPools(html);
    addTimelines(html);
    html.heading("Tasks").raw("<ul class=\"tree wide\">");
    addScope(html, TaskTree.of(subject.server()));
    return html.raw("</ul>").toString();
  }

  private void addServer(Html html) {
    String state = subject.state();
    html.raw("<p>").element("span", "state " + (state.equals("running") ? "ok" : "warn"), state).raw(" process ")
        .text(ProcessHandle.current().pid()).raw(", ")
        .text(subject.tenants().list().size()).raw(" tenants, ")
        .text(subject.tenants().timelines().size()).raw(" timelines, ")
        .text(subject.pages().sessions()).raw(" page clients, ")
        .text(subject.server().tasks().size()).raw(" tasks</p>");
  }

  private static void addPools(Html html) {
    html.heading("Pools").table("pool", "#carriers", "#running", "#queued", "#threads", "#CPU", "#of a core", "last minute");
    for (CarrierPool pool : Pools.all()) {
      PoolStats stats = pool.stats();
      Duration cpu = stats.cpuTime().orElse(Duration.ZERO);
      html.raw("<tr data-pool=\"").text(pool.name()).raw("\" data-cpu=\"").text(cpu.toNanos() / 1e6).raw("\">")
          .cell(pool.name())
          .number(stats.parallelism())
          .number(known(stats.mounted()))
          .number(known(stats.queued()))
          .number(stats.live())
          .number(String.format(Locale.ROOT, "%.2f s", cpu.toMillis() / 1e3))
          .element("td", "n share", "")
          .raw("<td><svg class=\"cpu\" viewBox=\"0 0 60 20\" preserveAspectRatio=\"none\"><polyline/></svg></td></tr>");
    }
    html.endTable();
  }

  private static String known(OptionalInt number) {
    return number.isPresent() ? String.valueOf(number.getAsInt()) : "?";
  }

  private static String known(OptionalLong number) {
    return number.isPresent() ? String.valueOf(number.getAsLong()) : "?";
  }

  private void addTimelines(Html html) {
    html.heading("Tenants and timelines")
        .table("tenant", "state", "timeline", "state", "last record", "#behind the source", "#not on disk", "#not remote",
            "log", "#layers", "#files", "#relations", "source");
    subject.tenants().list().forEach(entry -> addTenant(html, entry));
    html.endTable().raw("<p>log: <i class=\"key\" style=\"background:var(--ok)\"></i>in the remote store")
        .raw("<i class=\"key\" style=\"background:var(--disk)\"></i>on disk only")
        .raw("<i class=\"key\" style=\"background:var(--warn)\"></i>in memory only; layers: in memory + on disk</p>");
  }

  private static void addTenant(Html html, Tenants.Entry entry) {
    html.raw("<tr>").id(entry.id()).state(entry.state()).raw("<td colspan=\"11\"></td></tr>");
    entry.tenant().ifPresent(tenant -> tenant.timelines().forEach(slot -> addTimeline(html, slot)));
  }

  private static void addTimeline(Html html, TimelineSlot slot) {
    html.raw("<tr><td></td><td></td>").id(slot.id()).state(slot.state().value());
    slot.timeline().ifPresentOrElse(timeline -> addNumbers(html, timeline), () -> html.raw("<td colspan=\"9\"></td>"));
    html.raw("</tr>");
  }

  private static void addNumbers(Html html, Timeline timeline) {
    html.cell(timeline.lastRecordLsn());
    TenantMetrics.lag(timeline).ifPresentOrElse(html::bytes, () -> html.number(""));
    html.bytes(rest(timeline, timeline.diskConsistentLsn()))
        .bytes(rest(timeline, timeline.remoteConsistentLsn()))
        .raw("<td>");
    addLog(html, timeline);
    html.raw("</td>")
        .number(timeline.layersInMemory() + " + " + timeline.layersOnDisk())
        .bytes(timeline.physicalSize());
    timeline.logicalSize().known().ifPresentOrElse(size -> html.bytes(size.bytes()), () -> html.number(""));
    html.cell(timeline.walReceiver().map(StatusPage::source).orElse(""));
  }

  /** {@return how many bytes of a timeline's log are after a position, or after its start where that is later} */
  private static long rest(Timeline timeline, Lsn position) {
    Lsn start = timeline.metadata().startLsn();
    return timeline.lastRecordLsn().minus(position.isBefore(start) ? start : position);
  }

  private static String source(WalReceiver receiver) {
    return receiver.where() + (receiver.isConnected() ? "" : ", not connected");
  }

  /** Draws where the log since the timeline's start is. */
  private static void addLog(Html html, Timeline timeline) {
    Lsn start = timeline.metadata().startLsn();
    double all = Math.max(1, timeline.lastRecordLsn().minus(start));
    double remote = 100 * Math.max(0, timeline.remoteConsistentLsn().minus(start)) / all;
    double disk = 100 * timeline.diskConsistentLsn().minus(start) / all;
    html.raw("<svg class=\"log\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\">");
    addBar(html, "memory", 100);
    addBar(html, "disk", disk);
    addBar(html, "remote", Math.min(remote, disk));
    html.raw("</svg>");
  }

  private static void addBar(Html html, String cssClass, double width) {
    html.raw(String.format(Locale.ROOT, "<rect class=\"%s\" width=\"%.2f\" height=\"1\"/>", cssClass, width));
  }

  private static void addScope(Html html, TaskTree.Node scope) {
    html.raw("<li>").element("span", "scope", scope.name()).raw(" ");
    if (!scope.state().equals("open")) {
      html.element("span", "state warn", scope.state());
    }
    scope.tasks().forEach(task -> addTask(html, task));
    html.raw("<ul>");
    scope.children().forEach(child -> addScope(html, child));
    html.raw("</ul></li>");
  }

  private static void addTask(Html html, TaskTree.Inside task) {
    html.raw("<div class=\"task\" title=\"").text(String.join("\n", task.frames())).raw("\">")
        .element("span", "kind", task.kind().isEmpty() ? "inside" : task.kind()).raw(" ")
        .text(task.name()).raw(" ")
        .element("span", "more", age(task.ageMillis()) + waits(task) + note(task))
        .raw("</div>");
  }

  private static String age(long millis) {
    Duration age = Duration.ofMillis(millis);
    return age.toHours() > 0
        ? age.toHours() + " h " + age.toMinutesPart() + " min"
        : age.toMinutes() > 0 ? age.toMinutes() + " min" : String.format(Locale.ROOT, "%.1f s", millis / 1e3);
  }

  private static String waits(TaskTree.Inside task) {
    return task.waitsOn().isEmpty() ? "" : ", waits on " + task.waitsOn();
  }

  private static String note(TaskTree.Inside task) {
    return task.note().isEmpty() ? "" : ", \"" + task.note() + "\"";
  }
}
