// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.tidegate.examples.pageserver.task.WorkCount;
import io.tidegate.examples.pageserver.tenant.Tenants;
import io.tidegate.examples.pageserver.tenant.TimelineSlot;
import io.tidegate.examples.pageserver.timeline.LayerInfo;
import io.tidegate.examples.pageserver.timeline.LogicalSize;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.walreceiver.Candidate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** The metrics of tenants and timelines. The layers of each timeline are looked at once, for all metrics of one scrape. */
final class TenantMetrics {
  private final List<Tenants.Entry> tenants;
  private final List<One> timelines = new ArrayList<>();

  /** One timeline that works. */
  private record One(Timeline timeline, TimelineSlot slot, List<LayerInfo> layers) {
    Labels labels() {
      return Labels.of(
          "tenant_id", timeline.metadata().tenantId().toString(), "timeline_id", timeline.id().toString());
    }
  }

  /** Something of a timeline of which it has several. */
  private record Part<T>(One one, String label, String name, T value) {
    Labels labels() {
      return one.labels().add(label, name);
    }
  }

  TenantMetrics(Tenants tenants) {
    this.tenants = tenants.list();
    for (Tenants.Entry entry : this.tenants) {
      for (TimelineSlot slot : entry.tenant().map(tenant -> tenant.timelines()).orElse(List.of())) {
        slot.timeline().ifPresent(timeline -> timelines.add(new One(timeline, slot, timeline.layers())));
      }
    }
  }

  void addTo(List<MetricSnapshot> all) {
    all.add(Metrics.gauge("pageserver_tenants", "One for each tenant, by its state.", tenants,
        tenant -> Labels.of("tenant_id", tenant.id().toString(), "state", StateInfo.of(tenant.state()).slug()),
        tenant -> 1));
    addPositions(all);
    addLayers(all);
    addWork(all);
    all.add(Metrics.gauge("pageserver_open_layer_bytes", "Records in the open layers of all timelines.", List.of(this),
        any -> Labels.EMPTY, any -> openBytes().sum()));
    all.add(gauge("pageserver_remote_uploads_waiting", "Layers that the remote store does not have yet.",
        one -> one.slot.uploadsWaiting()));
    all.add(gauge("pageserver_compaction_paused", "Whether compaction has failed too often to be tried now.",
        one -> one.timeline.maintenance().isCompactionPaused() ? 1 : 0));
    all.add(gauge("pageserver_damaged_layers", "Layer files that were found damaged.",
        one -> one.timeline.maintenance().damagedFiles().size()));
    all.add(gauge("pageserver_wal_source_connected", "Whether a connection to the source is up.",
        one -> one.timeline.walReceiver().map(each -> each.isConnected() ? 1 : 0).orElse(0)));
    addLogicalSizes(all);
  }

  private MetricSnapshot gauge(String name, String help, ToDoubleFunction<One> value) {
    return Metrics.gauge(name, help, timelines, One::labels, value);
  }

  private void addPositions(List<MetricSnapshot> all) {
    all.add(gauge("pageserver_last_record_lsn", "End of the last record that was ingested.",
        one -> one.timeline.lastRecordLsn().value()));
    all.add(gauge("pageserver_disk_consistent_lsn", "Up to where the log is durable on disk.",
        one -> one.timeline.diskConsistentLsn().value()));
    all.add(gauge("pageserver_remote_consistent_lsn", "Up to where the remote store has the log.",
        one -> one.timeline.remoteConsistentLsn().value()));
    all.add(gauge("pageserver_gc_cutoff_lsn", "From where on reads are answered.",
        one -> one.timeline.gcCutoff().value()));
    all.add(Metrics.gauge("pageserver_wal_source_lag_bytes", "What the sources have of the log, and the timeline has not.",
        timelines.stream().filter(one -> lag(one.timeline).isPresent()).toList(),
        One::labels, one -> lag(one.timeline).orElse(0L)));
  }

  /** {@return how far a timeline is behind its sources, in bytes of the log; empty if none has said where it is} */
  static Optional<Long> lag(Timeline timeline) {
    return timeline.walReceiver()
        .flatMap(each -> each.status().value().candidates().stream().map(Candidate::commitLsn)
            .max(Comparator.naturalOrder()))
        .map(source -> lag(timeline.lastRecordLsn(), source));
  }

  private static long lag(Lsn here, Lsn source) {
    return here.isBefore(source) ? source.minus(here) : 0;
  }

  private void addLayers(List<MetricSnapshot> all) {
    all.add(gauge("pageserver_layers_in_memory", "Layers that are not on disk yet.",
        one -> one.timeline.layersInMemory()));
    all.add(gauge("pageserver_layers_on_disk", "Layers on disk.", one -> one.timeline.layersOnDisk()));
    List<Part<List<LayerInfo>>> kinds = new ArrayList<>();
    for (One one : timelines) {
      one.layers.stream().collect(Collectors.groupingBy(LayerInfo::kind, TreeMap::new, Collectors.toList())).forEach(
          (kind, layers) -> kinds.add(new Part<>(one, "kind", kind.toLowerCase(Locale.ROOT), layers)));
    }
    all.add(Metrics.gauge("pageserver_layers", "Layers, by what they are.", kinds,
        Part::labels, part -> part.value.size()));
    all.add(Metrics.gauge("pageserver_layer_bytes", "Records in memory and bytes of files, by what the layers are.", kinds,
        Part::labels, part -> part.value.stream().mapToLong(LayerInfo::bytes).sum()));
  }

  private LongStream openBytes() {
    return timelines.stream().flatMap(one -> one.layers.stream())
        .filter(layer -> layer.kind().equals("OPEN"))
        .mapToLong(LayerInfo::bytes);
  }

  private void addWork(List<MetricSnapshot> all) {
    List<Part<WorkCount>> work = new ArrayList<>();
    for (One one : timelines) {
      for (Map.Entry<String, WorkCount> each : one.timeline.work().entrySet()) {
        work.add(new Part<>(one, "operation", each.getKey(), each.getValue()));
      }
    }
    all.add(Metrics.counter("pageserver_operations", "Flushes, compactions and garbage collections.", work,
        Part::labels, part -> part.value.done()));
    all.add(Metrics.counter("pageserver_operation_failures", "Those that have failed.", work,
        Part::labels, part -> part.value.failed()));
    all.add(Metrics.counter("pageserver_operation_seconds", "How long they took, waits for their turn left out.", work,
        Part::labels, part -> Metrics.seconds(part.value.time())));
  }

  private void addLogicalSizes(List<MetricSnapshot> all) {
    all.add(Metrics.gauge("pageserver_logical_size_bytes", "The relations, when that was worked out last.",
        timelines.stream().filter(one -> one.timeline.logicalSize().known().isPresent()).toList(),
        One::labels, one -> one.timeline.logicalSize().known().map(LogicalSize.Known::bytes).orElse(0L)));
  }
}
