// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.carrier.CarrierPool;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.task.Attributes;
import io.tidegate.examples.pageserver.task.Pools;
import io.tidegate.examples.pageserver.tenant.Tenants;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.walreceiver.IngestTotals;
import io.tidegate.examples.pageserver.walreceiver.WalReceiver;
import io.tidegate.sync.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Shows every few seconds how each timeline and each pool is doing: of layers, those in memory and those on disk.
 *
 * <p>Confined to the task that runs it.
 */
public final class StatusDisplay {
  private static final double MEBIBYTE = 1 << 20;

  private final Scope server;
  private final Tenants tenants;
  private final Ticker loop;
  private final Screen screen = ScreenAppender.SCREEN;
  /** What each timeline had received when it was last shown. */
  private final Map<TimelineId, Shown> shown = new HashMap<>();

  private record Shown(long bytes, long atNanos) {}

  /**
   * Makes a display.
   *
   * @param server the server's scope
   * @param tenants the tenants
   * @param period how often it is renewed
   */
  public StatusDisplay(Scope server, Tenants tenants, Duration period) {
    this.server = server;
    this.tenants = tenants;
    this.loop = Ticker.named("the status display").every(period);
  }

  /**
   * Shows until it is cancelled.
   *
   * @param token ends it
   * @throws InterruptedException if the thread is interrupted
   */
  public void run(CancellationToken token) throws InterruptedException {
    try {
      loop.run(own -> screen.status(lines()), token);
    } finally {
      screen.status(List.of());
    }
  }

  private List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(row("timeline", "last record", "on disk", "MiB/s", "layers", "source"));
    tenants.timelines().forEach(timeline -> lines.add(row(timeline)));
    Map<CarrierPool, Long> running =
        server.tasks().stream().collect(Collectors.groupingBy(task -> task.kind().pool(), Collectors.counting()));
    lines.add(
        Pools.all().stream()
            .map(pool -> pool.name() + " " + running.getOrDefault(pool, 0L))
            .collect(Collectors.joining(", ", "tasks: ", "")));
    return lines;
  }

  /** Fits into 80 columns, with the least important one last: wider lines are cut off. */
  private static String row(
      String timeline, String lastRecord, String onDisk, String rate, String layers, String source) {
    return String.format(
        Locale.ROOT, "%-17s  %-12s  %-12s  %5s  %-6s  %s", timeline, lastRecord, onDisk, rate, layers, source);
  }

  private String row(Timeline timeline) {
    TenantId tenant = timeline.scope().attribute(Attributes.TENANT_ID).orElseThrow();
    return row(
        tenant.toString().substring(0, 8) + "/" + timeline.id().toString().substring(0, 8),
        timeline.lastRecordLsn().toString(),
        timeline.diskConsistentLsn().toString(),
        String.format(Locale.ROOT, "%.2f", rate(timeline)),
        timeline.layersInMemory() + "+" + timeline.layersOnDisk(),
        timeline.walReceiver().map(StatusDisplay::source).orElse("none"));
  }

  private static String source(WalReceiver receiver) {
    return (receiver.isConnected() ? "" : "NOT CONNECTED ") + receiver.where();
  }

  private double rate(Timeline timeline) {
    long bytes = timeline.walReceiver().map(WalReceiver::totals).map(IngestTotals::bytes).orElse(0L);
    long now = System.nanoTime();
    Shown before = shown.put(timeline.id(), new Shown(bytes, now));
    return before == null ? 0 : (bytes - before.bytes) / MEBIBYTE / ((now - before.atNanos) / 1e9);
  }
}
