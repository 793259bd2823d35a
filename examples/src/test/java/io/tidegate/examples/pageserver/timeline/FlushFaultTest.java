// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CloseReport;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.LogLines;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import io.tidegate.examples.pageserver.wal.WalRecord;
import io.tidegate.testing.Fault;
import io.tidegate.testing.Faults;
import io.tidegate.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A timeline of which the flush fails, or stands still, at each of its fault points. */
@Timeout(300)
@ExtendWith(LeakCheck.class)
class FlushFaultTest {
  private static final TenantSettings LAYER_PER_RECORD =
      TenantSettings.DEFAULTS.withCheckpoint(1, Duration.ofDays(1), 10);
  private static final List<WalRecord> RECORDS = SampleRecords.plain(2, 1_000);
  private static final Lsn END = RECORDS.getLast().end();

  @TempDir
  Path folder;

  private final LogLines log = new LogLines();
  private final Scope tenant = Scope.root("tenant");

  @AfterEach
  void close() {
    tenant.close();
    log.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"layer.before-write", "file.before-sync", "layer.before-metadata"})
  void flush_thatFailsOnce_isRepeated(String point) throws Exception {
    Timeline timeline = open();
    try (Fault fault = Faults.at(point).once().fail("disk full")) {
      SampleRecords.ingest(timeline, RECORDS);
      Await.until("all is on disk", () -> timeline.diskConsistentLsn().equals(END));
      assertEquals(1, fault.strikes());
    }
    assertTrue(log.contains("failed; next attempt in"));
    tenant.close();
    assertEquals(END, endOnDisk());
  }

  @ParameterizedTest
  @ValueSource(strings = {"layer.before-write", "file.before-sync", "layer.before-metadata"})
  void closeHard_whileTheFlushStandsStill_endsIt(String point) throws Exception {
    Timeline timeline = open();
    try (Fault pause = Faults.at(point).pause()) {
      SampleRecords.ingest(timeline, RECORDS);
      pause.awaitReached();
      tenant.close();
      assertEquals(0, pause.held());
      assertEquals(SampleRecords.START, timeline.diskConsistentLsn());
    }
    // A layer that got its name is adopted.
    boolean hasName = point.equals("layer.before-metadata");
    assertEquals(hasName ? RECORDS.getFirst().end() : SampleRecords.START, endOnDisk());
  }

  @ParameterizedTest
  @ValueSource(strings = {"layer.before-write", "file.before-sync", "layer.before-metadata"})
  void closeGracefully_whileTheFlushStandsStill_waitsForIt(String point) throws Exception {
    CompletableFuture<CloseReport> report = new CompletableFuture<>();
    Timeline timeline = open();
    try (Fault pause = Faults.at(point).pause()) {
      SampleRecords.ingest(timeline, RECORDS);
      pause.awaitReached();
      Thread closer = Thread.startVirtualThread(
          () -> report.complete(timeline.scope().closeGracefully(Duration.ofDays(1))));
      Await.until("the closer waits", () -> closer.getState() == Thread.State.TIMED_WAITING);
      assertEquals(1, pause.held());
    }
    assertTrue(report.get().isOrderly(), () -> report.join().toString());
    assertEquals(END, endOnDisk());
  }

  private Timeline open() throws IOException {
    TimelineMetadata metadata =
        TimelineMetadata.of(TenantId.random(), TimelineId.random(), SampleRecords.START);
    LayerStore.create(folder.resolve("timeline"), metadata).close();
    LayerStore store = LayerStore.open(folder.resolve("timeline"));
    return Timeline.open(tenant, store, () -> LAYER_PER_RECORD, TimelineServices.create(), Optional.empty());
  }

  private Lsn endOnDisk() throws IOException {
    try (LayerStore store = LayerStore.open(folder.resolve("timeline"))) {
      return store.diskConsistentLsn();
    }
  }
}
