// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import io.tidegate.CancellationToken;
import io.tidegate.CloseReport;
import io.tidegate.GateClosedException;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.LogLines;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.storage.CorruptLayerException;
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import io.tidegate.examples.pageserver.wal.WalRecord;
import io.tidegate.sync.Limiter;
import io.tidegate.testing.Fault;
import io.tidegate.testing.Faults;
import io.tidegate.testing.LeakCheck;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compaction and garbage collection of a timeline: what they exclude, what ends them, and what their failure does. */
@Timeout(300)
@ExtendWith(LeakCheck.class)
class MaintenanceTest {
  private static final int PAGES = 3;
  private static final TenantSettings LAYER_PER_RECORD = TenantSettings.DEFAULTS
      .withCheckpoint(1, Duration.ofDays(1), 100)
      .withCompaction(1 << 20, Duration.ZERO, 2, 2);
  private static final List<WalRecord> RECORDS = SampleRecords.images(12, PAGES);
  private static final Lsn END = RECORDS.getLast().end();
  private static final GcPolicy ALL_BUT_THE_LAST = new GcPolicy(0, Duration.ZERO, Set::of);

  @TempDir
  Path folder;

  private final CancellationToken token = CancellationToken.none();
  private final LogLines log = new LogLines();
  private final Scope tenant = Scope.root("tenant");
  private final Map<Timeline, LayerStore> stores = new HashMap<>();

  @AfterEach
  void close() {
    tenant.close();
    log.close();
  }

  @Test
  void compactNow_thenCollectGarbage_changesNoAnswerFromTheCutoffOn() throws Exception {
    Timeline timeline = open("one", TimelineServices.create());
    put(timeline);
    List<ByteBuffer> before = answers(timeline, END);
    CompactionResult compacted = timeline.compactNow();
    assertEquals(RECORDS.size(), compacted.layersCompacted());
    assertTrue(compacted.layersWritten() > 0);
    assertEquals(before, answers(timeline, END));
    assertEquals(RECORDS.getFirst().end(), versionOf(timeline, SampleRecords.page(0), RECORDS.getFirst().end()));

    GcResult collected = timeline.collectGarbage(ALL_BUT_THE_LAST);
    assertTrue(collected.layersRemoved() > 0, collected::toString);
    assertEquals(before, answers(timeline, END));
    assertThrows(LsnCollectedException.class, () -> timeline.page(SampleRecords.page(0), RECORDS.getFirst().end(), token));
    assertEquals(new MaintenanceStatus(1, 0, false, 1, 0, 0, List.of()), timeline.maintenance());
  }

  @Test
  void compactNow_whoseCallerIsCancelled_comesToItsEnd() throws Exception {
    Timeline timeline = open("one", TimelineServices.create());
    put(timeline);
    try (Fault pause = Faults.at("compaction.before").pause()) {
      Task<CompactionResult> caller = tenant.fork(Kind.MANAGEMENT_REQUEST, own -> timeline.compactNow());
      pause.awaitReached();
      caller.cancel("the client hangs up");
      caller.join();
      assertEquals(Task.State.CANCELLED, caller.state());
      assertEquals(0, timeline.maintenance().compactions());
    }
    Await.until("it is compacted", () -> timeline.maintenance().compactions() == 1);
    assertEquals(Set.of("L1"), levels(timeline));
  }

  @Test
  void checkpointNow_hasAllOnDisk() throws Exception {
    Timeline timeline = open("one", TimelineServices.create());
    put(timeline);
    assertEquals(END, timeline.checkpointNow());
    assertEquals(END, timeline.diskConsistentLsn());
    assertEquals(0, timeline.layersInMemory());
  }

  @Test
  void garbageCollection_waitsForTheCompactionOfItsTimeline() throws Exception {
    Timeline timeline = open("one", TimelineServices.create());
    put(timeline);
    try (Fault pause = Faults.at("compaction.before-change").pause()) {
      Task<CompactionResult> compaction = tenant.fork(Kind.MANAGEMENT_REQUEST, own -> timeline.compactNow());
      pause.awaitReached();
      Task<GcResult> collection = tenant.fork(Kind.MANAGEMENT_REQUEST, own -> timeline.collectGarbage(ALL_BUT_THE_LAST));
      Await.until("it waits for its turn", () -> timeline.maintenance().waiting() == 1);
      assertEquals(1, count(timeline, Kind.LAYER_MERGE));
      assertEquals(SampleRecords.START, timeline.gcCutoff());
      pause.resume();
      compaction.join();
      collection.join();
      assertTrue(collection.result().layersRemoved() > 0);
    }
  }

  @Test
  void limiter_boundsTheCompactionsOfAllTimelines() throws Exception {
    TimelineServices services =
        new TimelineServices(PageCache.of(1), Limiter.of("compactions", 1), Limiter.of("collections", 1),
            OpenLayerLimit.of(0), Limiter.of("logical sizes", 1));
    Timeline one = open("one", services);
    Timeline other = open("other", services);
    put(one);
    put(other);
    try (Fault pause = Faults.at("compaction.before").onPass(1).pause()) {
      Task<CompactionResult> first = tenant.fork(Kind.MANAGEMENT_REQUEST, own -> one.compactNow());
      pause.awaitReached();
      Task<CompactionResult> second = tenant.fork(Kind.MANAGEMENT_REQUEST, own -> other.compactNow());
      Await.until("the other one waits", () -> services.compactions().waiting() == 1);
      other.scope().close(); // its wait for a permit ends with it
      second.join();
      assertEquals(0, services.compactions().waiting());
      pause.resume();
      first.join();
      assertEquals(RECORDS.size(), first.result().layersCompacted());
    }
    assertEquals(0, services.compactions().running());
  }

  @ParameterizedTest
  @ValueSource(strings = {"compaction.before", "compaction.before-change"})
  void close_duringACompaction_cancelsItAndWaitsForIt(String point) throws Exception {
    Timeline timeline = open("one", TimelineServices.create());
    put(timeline);
    try (Fault pause = Faults.at(point).pause()) {
      Task<CompactionResult> caller = tenant.fork(Kind.MANAGEMENT_REQUEST, own -> timeline.compactNow());
      pause.awaitReached();
      CloseReport report = timeline.scope().closeGracefully(Duration.ofDays(1));
      assertTrue(report.isOrderly(), report::toString);
      assertEquals(0, pause.held());
      caller.join();
      assertFalse(caller.exception().isEmpty());
    }
    assertThrows(GateClosedException.class, timeline::compactNow);
    assertEquals(0, timeline.maintenance().compactionsFailed());
    assertEquals(RECORDS.size(), layers(timeline));
  }

  @Test
  void compaction_thatFailsAgainAndAgain_isPausedUntilOneByHandSucceeds() throws Exception {
    Timeline timeline = open("one", TimelineServices.create());
    put(timeline);
    try (Fault fault = Faults.at("compaction.before-change").fail("disk full")) {
      for (int i = 0; i < Maintenance.FAILURES; i++) {
        assertFalse(timeline.maintenance().isCompactionPaused());
        assertThrows(IOException.class, timeline::compactIfDue);
        assertFalse(timeline.isCompactionDueAtOnce());
      }
      assertTrue(timeline.maintenance().isCompactionPaused());
      assertEquals(Optional.empty(), timeline.compactIfDue());
      assertThrows(IOException.class, timeline::compactNow);
      assertEquals(Maintenance.FAILURES + 1, fault.strikes());
    }
    assertEquals(RECORDS.size(), layers(timeline));
    assertTrue(log.contains("breaker compaction of tenant/timeline-"));
    timeline.compactNow();
    assertFalse(timeline.maintenance().isCompactionPaused());
    assertEquals(Maintenance.FAILURES + 1, timeline.maintenance().compactionsFailed());
  }

  @Test
  void compactIfDue_belowTheThreshold_doesNothing() throws Exception {
    Timeline timeline = open("one", TimelineServices.create());
    timeline.put(RECORDS.getFirst(), token);
    timeline.checkpointNow();
    assertEquals(Optional.empty(), timeline.compactIfDue());
    timeline.put(RECORDS.get(1), token);
    timeline.checkpointNow();
    assertEquals(2, timeline.compactIfDue().orElseThrow().layersCompacted());
  }

  @Test
  void damagedLayer_failsItsReadersAndTheCompaction_andNothingElse() throws Exception {
    Timeline timeline = open("one", TimelineServices.create());
    put(timeline);
    timeline.checkpointNow();
    WalRecord newest = RECORDS.get(RECORDS.size() - PAGES); // of page 0
    Path damaged = fileOf(timeline, newest);
    damage(damaged, newest);

    for (int i = 0; i < 2; i++) {
      CorruptLayerException told =
          assertThrows(CorruptLayerException.class, () -> timeline.page(SampleRecords.page(0), END, token));
      assertEquals(damaged, told.file());
    }
    for (int i = 0; i < Maintenance.FAILURES; i++) {
      assertThrows(CorruptLayerException.class, timeline::compactIfDue);
    }
    assertEquals(1, log.lines(Level.ERROR).stream().filter(line -> line.contains("has a damaged layer")).count());
    assertTrue(timeline.maintenance().isCompactionPaused());
    assertEquals(List.of(damaged), timeline.maintenance().damagedFiles());

    assertEquals(RECORDS.get(RECORDS.size() - 2).end(), versionOf(timeline, SampleRecords.page(1), END));
    assertEquals(END, timeline.checkpointNow());
    CloseReport report = timeline.scope().closeGracefully(Duration.ofDays(1));
    assertTrue(report.isOrderly(), report::toString);
  }

  @Test
  void branch_doesNotSeeWhatCameToItsAncestorAfterIt() throws Exception {
    Timeline ancestor = open("one", TimelineServices.create());
    int own = RECORDS.size() / 2;
    SampleRecords.ingest(ancestor, RECORDS.subList(0, own));
    Lsn at = ancestor.checkpointNow();
    Timeline branch = branch(ancestor, at);
    ancestor.put(RECORDS.get(own), token); // of page 0
    branch.put(RECORDS.get(own + 1), token); // of page 1, further on in the log
    Lsn end = branch.lastRecordLsn();
    for (int i = 0; i < 2; i++) { // from memory, then from the disk
      assertEquals(RECORDS.get(own - PAGES).end(), versionOf(branch, SampleRecords.page(0), end));
      assertEquals(RECORDS.get(own + 1).end(), versionOf(branch, SampleRecords.page(1), end));
      ancestor.checkpointNow();
      branch.checkpointNow();
    }
    branch.scope().close();
  }

  private Timeline open(String name, TimelineServices services) throws IOException {
    TimelineMetadata metadata =
        TimelineMetadata.of(TenantId.random(), TimelineId.random(), SampleRecords.START);
    LayerStore store = LayerStore.create(folder.resolve(name), metadata);
    return opened(store, services, Optional.empty());
  }

  private Timeline branch(Timeline ancestor, Lsn at) throws IOException {
    TimelineMetadata metadata = TimelineMetadata.branch(
        ancestor.metadata().tenantId(), TimelineId.random(), new TimelineMetadata.BranchPoint(ancestor.id(), at));
    LayerStore store = LayerStore.create(folder.resolve("branch"), metadata);
    return opened(store, TimelineServices.create(), Optional.of(ancestor));
  }

  private Timeline opened(LayerStore store, TimelineServices services, Optional<Timeline> ancestor) {
    Timeline timeline = Timeline.open(tenant, store, () -> LAYER_PER_RECORD, services, ancestor);
    stores.put(timeline, store);
    return timeline;
  }

  private void put(Timeline timeline) throws Exception {
    SampleRecords.ingest(timeline, RECORDS);
    timeline.checkpointNow();
  }

  private List<ByteBuffer> answers(Timeline timeline, Lsn lsn) throws Exception {
    return List.of(
        timeline.page(SampleRecords.page(0), lsn, token),
        timeline.page(SampleRecords.page(1), lsn, token),
        timeline.page(SampleRecords.page(2), lsn, token));
  }

  /** {@return the end of the record that made what is read, by the number in the page} */
  private Lsn versionOf(Timeline timeline, PageKey key, Lsn lsn) throws Exception {
    return RECORDS.get(timeline.page(key, lsn, token).getInt(SampleRecords.NUMBER_AT)).end();
  }

  private static Set<String> levels(Timeline timeline) {
    return timeline.layers().stream().map(LayerInfo::kind).collect(Collectors.toSet());
  }

  private static int count(Timeline timeline, Kind kind) {
    return (int) timeline.scope().tasks().stream().filter(task -> task.kind().equals(kind)).count();
  }

  private int layers(Timeline timeline) {
    return Objects.requireNonNull(stores.get(timeline)).layers().size();
  }

  private Path fileOf(Timeline timeline, WalRecord record) {
    return Objects.requireNonNull(stores.get(timeline)).layers().stream()
        .filter(layer -> layer.endLsn().equals(record.end()))
        .findFirst()
        .orElseThrow()
        .file();
  }

  private static void damage(Path file, WalRecord record) throws IOException {
    byte[] content = Files.readAllBytes(file);
    byte[] bytes = new byte[record.bytes().remaining()];
    record.bytes().get(bytes);
    int at = 0;
    while (!Arrays.equals(content, at, at + bytes.length, bytes, 0, bytes.length)) {
      at++;
    }
    content[at + bytes.length - 1]++;
    Files.write(file, content);
  }
}
