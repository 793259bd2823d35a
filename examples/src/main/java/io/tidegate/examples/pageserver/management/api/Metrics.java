// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.tidegate.Scope;
import io.tidegate.carrier.CarrierPool;
import io.tidegate.carrier.PoolStats;
import io.tidegate.examples.pageserver.management.http.HttpTraffic;
import io.tidegate.examples.pageserver.management.http.Response;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.task.Pools;
import io.tidegate.examples.pageserver.tenant.Tenants;
import io.tidegate.examples.pageserver.timeline.Timeline;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * The server's metrics in the text format of Prometheus. All are read when they are asked for: so none is left of a tenant
 * or a timeline that has gone.
 */
final class Metrics {
  private static final PrometheusTextFormatWriter WRITER = PrometheusTextFormatWriter.create();

  private final Scope server;
  private final Tenants tenants;
  private final HttpTraffic traffic;

  Metrics(Scope server, Tenants tenants, HttpTraffic traffic) {
    this.server = server;
    this.tenants = tenants;
    this.traffic = traffic;
  }

  Response text() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    WRITER.write(out, new MetricSnapshots(all()), EscapingScheme.DEFAULT);
    return Response.text(200, "text/plain; version=0.0.4", out.toString(StandardCharsets.UTF_8));
  }

  private List<MetricSnapshot> all() {
    List<MetricSnapshot> all = new ArrayList<>();
    addTenants(all);
    addTimelines(all);
    all.add(gauge("pageserver_open_layer_bytes", "Bytes of records in the layers of all timelines that take more.",
        List.of(tenants), any -> Labels.EMPTY, Tenants::openLayerBytes));
    addPools(all);
    Map<String, Long> running =
        server.tasks().stream().collect(Collectors.groupingBy(task -> task.kind().name(), Collectors.counting()));
    all.add(gauge("pageserver_tasks", "Tasks that run, by kind.", List.of(Kind.values()),
        kind -> Labels.of("kind", kind.name()), kind -> running.getOrDefault(kind.name(), 0L)));
    all.add(counter("http_requests", "Answers of the management API, by status.", traffic.answers().entrySet(),
        entry -> Labels.of("code", entry.getKey().toString()), Map.Entry::getValue));
    all.add(counter("http_requests_dropped", "Requests whose client hung up before the answer.", List.of(traffic),
        any -> Labels.EMPTY, HttpTraffic::dropped));
    all.add(gauge("http_connections", "Open connections of the management API.", List.of(traffic),
        any -> Labels.EMPTY, HttpTraffic::connections));
    return all;
  }

  private void addTenants(List<MetricSnapshot> all) {
    all.add(gauge("pageserver_tenants", "One for each tenant, by its state.", tenants.list(),
        tenant -> Labels.of("tenant_id", tenant.id().toString(), "state", StateInfo.of(tenant.state()).slug()),
        tenant -> 1));
  }

  private void addTimelines(List<MetricSnapshot> all) {
    List<Timeline> timelines = tenants.timelines();
    all.add(gauge("pageserver_last_record_lsn", "End of the last record that was ingested.", timelines,
        Metrics::labels, timeline -> timeline.lastRecordLsn().value()));
    all.add(gauge("pageserver_disk_consistent_lsn", "Up to where the log is durable on disk.", timelines,
        Metrics::labels, timeline -> timeline.diskConsistentLsn().value()));
    all.add(gauge("pageserver_remote_consistent_lsn", "Up to where the remote store has the log.", timelines,
        Metrics::labels, timeline -> timeline.remoteConsistentLsn().value()));
    all.add(gauge("pageserver_layers_in_memory", "Layers that are not on disk yet.", timelines,
        Metrics::labels, Timeline::layersInMemory));
    all.add(gauge("pageserver_layers_on_disk", "Layers on disk.", timelines,
        Metrics::labels, Timeline::layersOnDisk));
    all.add(gauge("pageserver_compaction_paused", "Whether compaction has failed too often to be tried now.", timelines,
        Metrics::labels, timeline -> timeline.maintenance().isCompactionPaused() ? 1 : 0));
    all.add(gauge("pageserver_damaged_layers", "Layer files that were found damaged.", timelines,
        Metrics::labels, timeline -> timeline.maintenance().damagedFiles().size()));
    all.add(gauge("pageserver_wal_source_connected", "Whether a connection to the source is up.", timelines,
        Metrics::labels, timeline -> timeline.walReceiver().map(each -> each.isConnected() ? 1 : 0).orElse(0)));
  }

  private static Labels labels(Timeline timeline) {
    return Labels.of(
        "tenant_id", timeline.metadata().tenantId().toString(), "timeline_id", timeline.id().toString());
  }

  private record Reading(CarrierPool pool, PoolStats stats) {
    Labels labels() {
      return Labels.of("pool", pool.name());
    }

    double cpuSeconds() {
      return stats.cpuTime().map(time -> time.toNanos() / 1e9).orElse(Double.NaN);
    }
  }

  /** What a pool on the JDK's scheduler cannot know of itself is left out. */
  private static void addPools(List<MetricSnapshot> all) {
    List<Reading> pools = Pools.all().stream().map(pool -> new Reading(pool, pool.stats())).toList();
    all.add(counter("pool_cpu_seconds", "CPU that the carriers of a pool have used.",
        pools.stream().filter(each -> each.stats.cpuTime().isPresent()).toList(), Reading::labels, Reading::cpuSeconds));
    all.add(gauge("pool_queued", "Threads that are ready and wait for a carrier.",
        pools.stream().filter(each -> each.stats.queued().isPresent()).toList(),
        Reading::labels, each -> each.stats.queued().orElse(0)));
    all.add(gauge("pool_mounted", "Carriers that run a thread.",
        pools.stream().filter(each -> each.stats.mounted().isPresent()).toList(),
        Reading::labels, each -> each.stats.mounted().orElse(0)));
    all.add(gauge("pool_carriers", "Carriers that a pool may have.",
        pools, Reading::labels, each -> each.stats.parallelism()));
    all.add(gauge("pool_threads", "Threads of a pool that have not ended.",
        pools, Reading::labels, each -> each.stats.live()));
    all.add(counter("pool_threads_started", "Threads that a pool has started.",
        pools, Reading::labels, each -> each.stats.started()));
    all.add(counter("pool_starvations", "Spells in which a ready thread waited for too long.",
        pools, Reading::labels, each -> each.stats.starvations()));
  }

  private static <T> MetricSnapshot gauge(
      String name, String help, List<T> of, Function<T, Labels> labels, ToDoubleFunction<T> value) {
    GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(name).help(help);
    of.forEach(each -> gauge.dataPoint(
        GaugeDataPointSnapshot.builder().labels(labels.apply(each)).value(value.applyAsDouble(each)).build()));
    return gauge.build();
  }

  private static <T> MetricSnapshot counter(
      String name, String help, Iterable<T> of, Function<T, Labels> labels, ToDoubleFunction<T> value) {
    CounterSnapshot.Builder counter = CounterSnapshot.builder().name(name).help(help);
    of.forEach(each -> counter.dataPoint(
        CounterDataPointSnapshot.builder().labels(labels.apply(each)).value(value.applyAsDouble(each)).build()));
    return counter.build();
  }
}
