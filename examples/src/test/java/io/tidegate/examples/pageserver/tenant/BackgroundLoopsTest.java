// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import static io.tidegate.examples.pageserver.tenant.TestTenants.BRANCH;
import static io.tidegate.examples.pageserver.tenant.TestTenants.TENANT;
import static io.tidegate.examples.pageserver.tenant.TestTenants.TIMELINE;
import static io.tidegate.examples.pageserver.tenant.TestTenants.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import io.tidegate.CancellationToken;
import io.tidegate.CloseReport;
import io.tidegate.Task;
import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.LogLines;
import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.config.TenantConfig.Setting;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.tenant.RefusedException.Why;
import io.tidegate.examples.pageserver.timeline.GcResult;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import io.tidegate.examples.pageserver.wal.WalRecord;
import io.tidegate.testing.Fault;
import io.tidegate.testing.Faults;
import io.tidegate.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The loops of a tenant: what starts a turn, what a turn does to each timeline, and how they end. */
@Timeout(300)
@ExtendWith(LeakCheck.class)
class BackgroundLoopsTest {
  private static final List<WalRecord> RECORDS = SampleRecords.images(12, 2);
  /** Each record is a layer, and nothing is done to them. */
  private static final TenantConfig OFF = TenantConfig.EMPTY
      .with(Setting.CHECKPOINT_DISTANCE, "1")
      .with(Setting.CHECKPOINT_LAYERS, "100")
      .with(Setting.COMPACTION_THRESHOLD, "4")
      .with(Setting.COMPACTION_PERIOD, "0s")
      .with(Setting.GC_PERIOD, "0s")
      .with(Setting.PITR_INTERVAL, "0s");

  @TempDir
  Path folder;

  private final LogLines log = new LogLines();
  private TestTenants server;

  @BeforeEach
  void start() throws Exception {
    server = TestTenants.start(folder.resolve("here"));
  }

  @AfterEach
  void close() {
    server.close();
    log.close();
  }

  @Test
  void compaction_isSignalledByTheFlush() throws Exception {
    Timeline timeline = createTimeline(OFF.with(Setting.COMPACTION_PERIOD, "100000d"));
    put(timeline, 0, 3);
    assertEquals(0, timeline.maintenance().compactions());
    put(timeline, 3, 4);
    Await.until("it is compacted", () -> timeline.maintenance().compactions() == 1);
    assertTrue(timeline.layers().stream().noneMatch(layer -> layer.kind().equals("L0")));
    Await.until("it is told", () -> log.contains("compacted server/tenants/tenant-"));
  }

  @Test
  void periods_ofZero_turnOff_andOthersTurnOnAtOnce() throws Exception {
    Timeline timeline = createTimeline(OFF);
    put(timeline, 0, RECORDS.size());
    assertEquals(0, tenant().loops().compactionTurns());
    tenant().configure(OFF.with(Setting.COMPACTION_PERIOD, "5ms"));
    Await.until("it is compacted", () -> timeline.maintenance().compactions() == 1);
    tenant().configure(OFF.with(Setting.GC_HORIZON, "1").with(Setting.GC_PERIOD, "5ms"));
    Await.until("garbage is collected", () -> timeline.maintenance().collections() > 0);
    assertEquals(timeline.lastRecordLsn().plus(-1), timeline.gcCutoff());
  }

  @Test
  void compaction_thatFails_isPaused_andThatOfOthersGoesOn() throws Exception {
    Timeline failing = createTimeline(OFF);
    put(failing, 0, RECORDS.size());
    Files.delete(server.timelineFolder().resolve(firstLayer()));
    Timeline other = tenant().createTimeline(TimelineMetadata.of(TENANT, BRANCH, SampleRecords.START));
    put(other, 0, RECORDS.size());
    tenant().configure(OFF.with(Setting.COMPACTION_PERIOD, "5ms"));
    Await.until("it is paused", () -> failing.maintenance().isCompactionPaused());
    Await.until("the other one is compacted", () -> other.maintenance().compactions() == 1);
    long turns = tenant().loops().compactionTurns();
    Await.until("the loop goes on", () -> tenant().loops().compactionTurns() > turns + 2);
    assertEquals(5, failing.maintenance().compactionsFailed());
  }

  @Test
  void housekeeping_freezesByAShorterTimeout() throws Exception {
    TenantConfig slow = OFF.with(Setting.CHECKPOINT_DISTANCE, "1000000000").with(Setting.CHECKPOINT_TIMEOUT, "1000d");
    Timeline timeline = createTimeline(slow);
    timeline.put(RECORDS.getFirst(), CancellationToken.none());
    tenant().configure(slow.with(Setting.CHECKPOINT_TIMEOUT, "1ms").with(Setting.COMPACTION_PERIOD, "5ms"));
    Await.until("it is on disk", () -> timeline.diskConsistentLsn().equals(RECORDS.getFirst().end()));
  }

  @Test
  void deleteTimeline_duringACompaction_cancelsIt_andTheLoopGoesOn() throws Exception {
    Timeline timeline = createTimeline(OFF.with(Setting.COMPACTION_PERIOD, "5ms"));
    try (Fault pause = Faults.at("compaction.before-change").onPass(1).pause()) {
      put(timeline, 0, RECORDS.size());
      pause.awaitReached();
      tenant().deleteTimeline(TIMELINE).join();
      assertEquals(0, pause.held());
      assertFalse(Files.exists(server.timelineFolder()));
      Timeline next = tenant().createTimeline(TimelineMetadata.of(TENANT, BRANCH, SampleRecords.START));
      put(next, 0, RECORDS.size());
      Await.until("the next one is compacted", () -> next.maintenance().compactions() > 0);
    }
    assertEquals(0, log.lines(Level.ERROR).size());
  }

  @Test
  void close_inOrder_endsTheLoopsAndWhatTheyHaveBegun() throws Exception {
    Timeline timeline = createTimeline(OFF.with(Setting.COMPACTION_PERIOD, "5ms"));
    try (Fault pause = Faults.at("compaction.before").pause()) {
      put(timeline, 0, RECORDS.size());
      pause.awaitReached();
      CloseReport report = server.closeInOrder();
      assertTrue(report.isOrderly(), report::toString);
      assertEquals(0, pause.held());
    }
    assertEquals(0, timeline.maintenance().compactionsFailed());
  }

  @Test
  void collectGarbageNow_keepsWhatItIsToldTo() throws Exception {
    Timeline timeline = createTimeline(OFF.with(Setting.GC_HORIZON, "0"));
    put(timeline, 0, RECORDS.size());
    timeline.compactNow();
    assertRefused(Why.NOT_FOUND, () -> tenant().collectGarbageNow(BRANCH, OptionalLong.empty()));
    assertRefused(Why.INVALID, () -> tenant().collectGarbageNow(TIMELINE, OptionalLong.of(-1)));
    assertRefused(Why.PRECONDITION, () -> tenant().collectGarbageNow(TIMELINE, OptionalLong.empty()));
    GcResult kept = tenant().collectGarbageNow(TIMELINE, OptionalLong.of(Long.MAX_VALUE));
    assertEquals(0, kept.layersRemoved());
    assertEquals(SampleRecords.START, timeline.gcCutoff());
    GcResult collected = tenant().collectGarbageNow(TIMELINE, OptionalLong.of(0));
    assertEquals(1, collected.layersRemoved());
    assertEquals(timeline.lastRecordLsn(), timeline.gcCutoff());
  }

  @Test
  void detach_duringAGarbageCollectionByHand_endsIt() throws Exception {
    Timeline timeline = createTimeline(OFF);
    put(timeline, 0, RECORDS.size());
    timeline.compactNow();
    Tenant tenant = tenant();
    try (Fault pause = Faults.at("gc.before").pause()) {
      Task<GcResult> collection = server.server.fork(
          Kind.MANAGEMENT_REQUEST, token -> tenant.collectGarbageNow(TIMELINE, OptionalLong.of(0)));
      pause.awaitReached();
      server.tenants.detach(TENANT, TestTenants.BUDGET);
      assertEquals(0, pause.held());
      collection.join();
      assertTrue(collection.exception().isPresent());
    }
    assertRefused(Why.NOT_FOUND, this::tenant);
    assertEquals(List.of(), TestTenants.files(folder.resolve("here")));
  }

  @Test
  void brokenTimeline_keepsWhatItMayNeed() throws Exception {
    Timeline timeline = createTimeline(OFF);
    put(timeline, 0, RECORDS.size());
    tenant().branchTimeline(BRANCH, TIMELINE, Optional.empty());
    server.closeInOrder();
    Path metadata = server.timelineFolder().resolveSibling(BRANCH.toString()).resolve("metadata");
    Files.writeString(metadata, "nonsense");
    server = TestTenants.start(folder.resolve("here"));
    server.active(TENANT);
    assertRefused(Why.PRECONDITION, () -> tenant().collectGarbageNow(TIMELINE, OptionalLong.of(0)));
    tenant().deleteTimeline(BRANCH).join();
    tenant().collectGarbageNow(TIMELINE, OptionalLong.of(0));
  }

  private String firstLayer() throws IOException {
    return TestTenants.files(server.timelineFolder()).stream()
        .filter(name -> !name.equals("metadata") && !name.equals("lock"))
        .findFirst()
        .orElseThrow();
  }

  private Tenant tenant() {
    return server.tenants.find(TENANT);
  }

  private Timeline createTimeline(TenantConfig config) throws Exception {
    return server.tenants.create(TENANT, config)
        .createTimeline(TimelineMetadata.of(TENANT, TIMELINE, SampleRecords.START));
  }

  private static void put(Timeline timeline, int from, int to) throws Exception {
    SampleRecords.ingest(timeline, RECORDS.subList(from, to));
    timeline.checkpointNow();
  }
}
