// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import io.tidegate.CloseReport;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.remote.RemoteStore;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.walreceiver.IngestTotals;
import io.tidegate.examples.pageserver.walreceiver.WalReceiver;
import io.tidegate.testing.Fault;
import io.tidegate.testing.Faults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Ingest, feedback and close of a server with two sources. */
@ExtendWith(Servers.class)
@Timeout(300)
class PageserverTest {
  @TempDir
  Path folder;

  private LogLines log;

  @BeforeEach
  void catchLog() {
    log = new LogLines();
  }

  @AfterEach
  void releaseLog() {
    log.close();
  }

  private Path data() {
    return folder.resolve("data");
  }

  @Test
  void ingest_ofTwoSources_accountsForEveryByteAndRecord(Servers.Running servers) throws Exception {
    try (TestServer server = TestServer.start(data(), TestServer.SMALL_LAYERS,
        servers.first().connectionString(), servers.second().connectionString())) {
      Lsn firstEnd = servers.first().work(20);
      Lsn secondEnd = servers.second().work(10);
      Timeline first = server.timeline(servers.first());
      Timeline second = server.timeline(servers.second());
      assertNotEquals(first.metadata().tenantId(), second.metadata().tenantId());
      TestServer.awaitRecords(first, firstEnd);
      TestServer.awaitRecords(second, secondEnd);
      Await.until("layers are flushed", () -> first.layersOnDisk() > 1 && second.layersOnDisk() > 0);

      server.closeInOrder();
      checkWhole(first, servers.first(), firstEnd);
      checkWhole(second, servers.second(), secondEnd);
    }
    Folders.delete(data());
  }

  private void checkWhole(Timeline closed, TestDatabase database, Lsn atLeast) throws Exception {
    IngestTotals totals = closed.walReceiver().orElseThrow().totals();
    Ledger ledger = Ledger.read(data(), closed.metadata());
    assertTrue(totals.isWhole(), totals::toString);
    assertEquals(totals.records(), ledger.records());
    assertEquals(totals.bytes(), ledger.end().minus(ledger.start()));
    assertEquals(closed.lastRecordLsn(), ledger.end());
    assertFalse(ledger.end().isBefore(atLeast));
    ledger.checkAgainst(database);
  }

  @Test
  void feedback_reportsAsFlushedWhatIsOnDisk(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    try (TestServer server = TestServer.start(data(), TestServer.SMALL_LAYERS, database.connectionString())) {
      Timeline timeline = server.timeline(database);
      for (int i = 0; i < 20; i++) {
        database.work(1);
        Lsn flushed = database.reported("flush_lsn");
        assertFalse(timeline.diskConsistentLsn().isBefore(flushed), "reported before it was durable");
      }
      Lsn end = database.work(1);
      TestServer.awaitRecords(timeline, end);
      Await.until("all is reported", () -> database.reported("flush_lsn").equals(timeline.diskConsistentLsn())
          && database.reported("replay_lsn").equals(timeline.diskConsistentLsn())
          && !database.reported("write_lsn").isBefore(timeline.lastRecordLsn()));
      assertTrue(timeline.diskConsistentLsn().isBefore(timeline.lastRecordLsn()), "some is in memory only");
      server.closeInOrder();
    }
  }

  @Test
  void feedback_reportsAsAppliedWhatIsInTheRemoteStore(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    try (TestServer server = TestServer.start(data(), TestServer.SMALL_LAYERS, database.connectionString())) {
      Timeline timeline = server.timeline(database);
      Await.until("the new timeline is uploaded",
          () -> timeline.remoteConsistentLsn().equals(timeline.metadata().startLsn()));
      try (Fault stuck = Faults.at(RemoteStore.UPLOAD).pause()) {
        database.work(8);
        stuck.awaitReached();
        Await.until("what is here is reported", () -> timeline.layersOnDisk() > 0
            && timeline.metadata().startLsn().isBefore(database.reported("flush_lsn")));
        assertEquals(timeline.metadata().startLsn(), timeline.remoteConsistentLsn());
        assertFalse(timeline.metadata().startLsn().isBefore(database.reported("replay_lsn")), "told what is not there");
      }
      Await.until("it is reported when it is there", () -> timeline.remoteConsistentLsn().equals(timeline.diskConsistentLsn())
          && database.reported("replay_lsn").equals(timeline.remoteConsistentLsn()));
      server.closeInOrder();
    }
  }

  @Test
  void close_inOrder_stopsIngestThenFlushesThenReleases(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    CloseReport report;
    TimelineMetadata metadata;
    Lsn end;
    try (TestServer server = TestServer.start(data(), TestServer.ALL_IN_MEMORY, database.connectionString())) {
      Timeline timeline = server.timeline(database);
      end = database.work(3);
      TestServer.awaitRecords(timeline, end);
      assertEquals(0, timeline.layersOnDisk());
      report = server.closeInOrder();
      metadata = timeline.metadata();
      assertThrows(Exception.class, () -> timeline.scope().child("late"));
    }
    CloseReport timeline = tenants(report)
        .map(each -> each.children().getFirst())
        .findFirst()
        .orElseThrow();
    assertEquals(
        List.of("stop maintenance", "stop ingest", "end waits for more log", "freeze and flush", "drain uploads",
            "release layers"),
        timeline.steps().stream().map(CloseReport.Step::name).toList());
    assertFalse(Ledger.read(data(), metadata).end().isBefore(end));
    assertEquals(List.of(), log.lines(Level.ERROR));
  }

  private static Stream<CloseReport> tenants(CloseReport server) {
    return server.children().stream()
        .filter(each -> each.path().endsWith("/tenants"))
        .flatMap(each -> each.children().stream())
        .filter(each -> each.path().contains("/tenant-"));
  }

  @Test
  void flush_logsWithTheKeysOfItsTimeline(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    try (TestServer server = TestServer.start(data(), TestServer.SMALL_LAYERS, database.connectionString())) {
      Timeline timeline = server.timeline(database);
      database.work(10);
      Await.until("a layer is flushed", () -> log.contains("flushed "));
      ILoggingEvent flushed =
          log.matching(event -> event.getFormattedMessage().startsWith("flushed ")).getFirst();
      Map<String, String> keys = flushed.getMDCPropertyMap();
      assertEquals(timeline.metadata().tenantId().toString(), keys.get("tenant_id"));
      assertEquals(timeline.id().toString(), keys.get("timeline_id"));
      assertEquals("LAYER_FLUSH", keys.get("task_kind"));
      assertTrue(Objects.requireNonNull(keys.get("task_id")).matches("\\d+"), keys::toString);
      server.closeInOrder();
    }
  }

  @Test
  void start_withOneSourceTwice_givesUpAndNamesIt(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    try (TestServer server = TestServer.start(data(), TestServer.SMALL_LAYERS,
        database.connectionString(), database.connectionString())) {
      Await.until("it gave up", () -> !server.failures().isEmpty());
      String message = String.valueOf(server.failures().getFirst().getMessage());
      assertTrue(message.contains(":" + database.server().port() + " is given twice"), message);
    }
  }

  @Test
  void start_onFolderInUse_isRefusedAndHarmsNobody(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    try (TestServer server = TestServer.start(data(), TestServer.SMALL_LAYERS, database.connectionString())) {
      IOException refused = assertThrows(IOException.class,
          () -> TestServer.start(data(), TestServer.SMALL_LAYERS, database.connectionString()));
      assertTrue(String.valueOf(refused.getMessage()).contains("in use by this process"), refused::toString);
      TestServer.awaitRecords(server.timeline(database), database.work(1));
      server.closeInOrder();
    }
  }

  @Test
  void tenant_withoutTimelines_staysActiveAndClosesInOrder(Servers.Running servers) throws Exception {
    String tenant = "0123456789abcdef0123456789abcdef";
    Files.createDirectories(data().resolve("tenants").resolve(tenant));
    TestDatabase database = servers.first();
    try (TestServer server = TestServer.start(data(), TestServer.SMALL_LAYERS, database.connectionString())) {
      server.timeline(database);
      assertTrue(server.tenants().find(TenantId.parse(tenant)).state().value().isActive());
      assertTrue(tenants(server.closeInOrder()).anyMatch(each -> each.path().endsWith("tenant-01234567")));
    }
  }

  @Test
  void deleteTimeline_leavesNoSlotOnItsServer(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    try (TestServer server = TestServer.start(data(), TestServer.SMALL_LAYERS, database.connectionString())) {
      Timeline timeline = server.timeline(database);
      TestServer.awaitRecords(timeline, database.work(1));
      String slot = timeline.metadata().slotName();
      String slots = "SELECT count(*) FROM pg_replication_slots WHERE slot_name = '" + slot + "'";
      assertEquals("1", database.ask(slots));
      server.tenants().find(timeline.metadata().tenantId()).deleteTimeline(timeline.id()).join();
      assertEquals("0", database.ask(slots));
      server.closeInOrder();
    }
    assertEquals(List.of(), log.lines(Level.ERROR));
  }

  @Test
  void walReceiver_ofAnAttachedSource_saysWhereItReceivesFrom(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    try (TestServer server = TestServer.start(data(), TestServer.SMALL_LAYERS, database.connectionString())) {
      WalReceiver receiver = server.timeline(database).walReceiver().orElseThrow();
      Await.until("it is connected", receiver::isConnected);
      assertEquals("127.0.0.1:" + database.server().port(), receiver.where());
      server.closeInOrder();
      assertFalse(receiver.isConnected());
    }
  }
}
