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
import io.tidegate.carrier.CarrierPool;
import io.tidegate.carrier.PoolStats;
import io.tidegate.examples.pageserver.management.http.HttpTraffic;
import io.tidegate.examples.pageserver.management.http.Response;
import io.tidegate.examples.pageserver.pageservice.PageTraffic;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.task.Pools;
import io.tidegate.examples.pageserver.task.WorkCount;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * The server's metrics in the text format of Prometheus. All are read when they are asked for: so none is left of a tenant
 * or a timeline that has gone.
 */
final class Metrics {
  private static final PrometheusTextFormatWriter WRITER = PrometheusTextFormatWriter.create();

  private final ManagementApi.Subject subject;
  private final HttpTraffic traffic;

  Metrics(ManagementApi.Subject subject, HttpTraffic traffic) {
    this.subject = subject;
    this.traffic = traffic;
  }

  Response text() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    WRITER.write(out, new MetricSnapshots(all()), EscapingScheme.DEFAULT);
    return Response.text(200, "text/plain; version=0.0.4", out.toString(StandardCharsets.UTF_8));
  }

  private List<MetricSnapshot> all() {
    List<MetricSnapshot> all = new ArrayList<>();
    new TenantMetrics(subject.tenants()).addTo(all);
    addPageService(all);
    addPools(all);
    Map<String, Long> running = subject.server().tasks().stream()
        .collect(Collectors.groupingBy(task -> task.kind().name(), Collectors.counting()));
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

  private void addPageService(List<MetricSnapshot> all) {
    Set<Map.Entry<String, WorkCount>> requests = subject.pages().requests().entrySet();
    Function<Map.Entry<String, WorkCount>, Labels> labels = each -> Labels.of("request", each.getKey());
    all.add(gauge("page_service_sessions", "Sessions of page clients.", List.of(subject.pages()),
        any -> Labels.EMPTY, PageTraffic::sessions));
    all.add(counter("page_service_requests", "Page requests that were answered, errors left out.", requests,
        labels, each -> each.getValue().done()));
    all.add(counter("page_service_errors", "Page requests that were answered with an error.", requests,
        labels, each -> each.getValue().failed()));
    all.add(counter("page_service_seconds", "How long page requests took, with their waits for the log.", requests,
        labels, each -> seconds(each.getValue().time())));
  }

  private record Reading(CarrierPool pool, PoolStats stats) {
    Labels labels() {
      return Labels.of("pool", pool.name());
    }

    double cpuSeconds() {
      return stats.cpuTime().map(Metrics::seconds).orElse(Double.NaN);
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

  static double seconds(Duration time) {
    return time.toNanos() / 1e9;
  }

  static <T> MetricSnapshot gauge(
      String name, String help, Iterable<T> of, Function<T, Labels> labels, ToDoubleFunction<T> value) {
    GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(name).help(help);
    of.forEach(each -> gauge.dataPoint(
        GaugeDataPointSnapshot.builder().labels(labels.apply(each)).value(value.applyAsDouble(each)).build()));
    return gauge.build();
  }

  static <T> MetricSnapshot counter(
      String name, String help, Iterable<T> of, Function<T, Labels> labels, ToDoubleFunction<T> value) {
    CounterSnapshot.Builder counter = CounterSnapshot.builder().name(name).help(help);
    of.forEach(each -> counter.dataPoint(
        CounterDataPointSnapshot.builder().labels(labels.apply(each)).value(value.applyAsDouble(each)).build()));
    return counter.build();
  }
}
