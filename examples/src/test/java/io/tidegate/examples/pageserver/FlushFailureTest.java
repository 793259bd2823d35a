// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import io.tidegate.CloseReport;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.source.PostgresSource;
import io.tidegate.examples.pageserver.storage.Disk;
import io.tidegate.examples.pageserver.storage.ForwardingDisk;
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.timeline.TenantSettings;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.timeline.TimelineServices;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.walreceiver.SelectionRules;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A disk that takes nothing for a while. */
@ExtendWith(Servers.class)
@Timeout(300)
class FlushFailureTest {
  private static final TenantSettings SMALL_LAYERS = TenantSettings.DEFAULTS.withCheckpoint(1 << 17, Duration.ofMinutes(1), 2);

  @TempDir
  Path folder;

  private final AtomicBoolean full = new AtomicBoolean();
  private final Scope tenant = Scope.root("tenant");
  private LogLines log;

  @BeforeEach
  void catchLog() {
    log = new LogLines();
  }

  @AfterEach
  void close() {
    tenant.close();
    log.close();
  }

  @Test
  void flush_failing_keepsLayersInMemoryAndReportsNothing(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    full.set(true);
    Timeline timeline = open(database.source());
    database.work(6);
    Await.until("too much waits for the flush", () -> timeline.layersInMemory() > SMALL_LAYERS.frozenLayers());
    Await.until("the flush was repeated", () -> failures().size() > 1);
    Lsn start = timeline.metadata().startLsn();
    assertEquals(start, timeline.diskConsistentLsn());
    assertEquals(0, timeline.layersOnDisk());
    assertFalse(start.isBefore(database.reported("flush_lsn")), "reported what is not durable");

    full.set(false);
    Lsn end = database.work(6);
    TestServer.awaitRecords(timeline, end);
    Await.until("the report follows", () -> start.isBefore(database.reported("flush_lsn"))
        && !timeline.diskConsistentLsn().isBefore(database.reported("flush_lsn")));
    CloseReport report = tenant.closeGracefully(Duration.ofSeconds(20));
    assertTrue(report.isOrderly(), report::toString);
    assertTrue(timeline.walReceiver().orElseThrow().totals().isWhole());
    assertFalse(timeline.diskConsistentLsn().isBefore(end));
    assertEquals(database.records(start, timeline.diskConsistentLsn()), records());
  }

  @Test
  void closeHard_whileIngestWaitsForTheFlush_keepsTheAccountWhole(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    full.set(true);
    Timeline timeline = open(database.source());
    database.work(10);
    Await.until("too much waits for the flush", () -> timeline.layersInMemory() > SMALL_LAYERS.frozenLayers());
    tenant.close();

    assertTrue(timeline.walReceiver().orElseThrow().totals().isWhole());
    assertEquals(timeline.lastRecordLsn().minus(timeline.metadata().startLsn()),
        timeline.walReceiver().orElseThrow().totals().bytes());
    assertEquals(0, records());
  }

  /** The ingest, which waits for the flush, ends first; so the flush is waited for in an order that cannot hang. */
  @Test
  void closeGracefully_whileIngestWaitsForTheFlush_endsItAndThenFlushes(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    full.set(true);
    Timeline timeline = open(database.source());
    database.work(10);
    Await.until("too much waits for the flush", () -> timeline.layersInMemory() > SMALL_LAYERS.frozenLayers());
    CompletableFuture<CloseReport> report = new CompletableFuture<>();
    Thread.startVirtualThread(() -> report.complete(tenant.closeGracefully(Duration.ofMinutes(2))));
    Await.until("the ingest has ended", () -> timeline.walReceiver().orElseThrow().status().isClosed());
    assertEquals(0, timeline.layersOnDisk());
    assertFalse(report.isDone());

    full.set(false);
    assertTrue(report.get().isOrderly(), () -> report.join().toString());
    assertTrue(timeline.walReceiver().orElseThrow().totals().isWhole());
    assertEquals(timeline.lastRecordLsn(), timeline.diskConsistentLsn());
    assertEquals(database.records(timeline.metadata().startLsn(), timeline.lastRecordLsn()), records());
  }

  /** Each failed attempt is one line that says what, why and when it is tried again. */
  private List<String> failures() {
    return log.lines(Level.ERROR).stream()
        .filter(line -> line.matches("ERROR flushing frozen layer .* failed; next attempt in \\d+ ms .*IOException"))
        .toList();
  }

  private Timeline open(PostgresSource source) throws IOException {
    LayerStore store = LayerStore.create(folder.resolve("timeline"), TestDatabase.newTimeline(source), disk());
    Timeline timeline = Timeline.open(
        tenant, store, () -> SMALL_LAYERS, TimelineServices.create(), Optional.empty());
    timeline.receiveFrom(source, new SelectionRules(Duration.ofMinutes(1), Duration.ofSeconds(10), 1 << 30));
    return timeline;
  }

  private long records() throws IOException {
    try (LayerStore store = LayerStore.open(folder.resolve("timeline"))) {
      return store.layers().stream().mapToLong(each -> each.recordCount()).sum();
    }
  }

  /** The real disk, which takes no new layer while it is full. */
  private Disk disk() {
    return new ForwardingDisk(Disk.real()) {
      @Override
      public Output create(Path file) throws IOException {
        if (full.get() && !file.toString().contains("metadata")) {
          throw new IOException("No space left on device");
        }
        return super.create(file);
      }
    };
  }
}
