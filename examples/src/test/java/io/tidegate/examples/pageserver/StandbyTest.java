// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import io.tidegate.CloseReport;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.source.LocalPostgres;
import io.tidegate.examples.pageserver.source.PostgresSource;
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.timeline.TenantSettings;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.timeline.TimelineServices;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.walreceiver.Candidate;
import io.tidegate.examples.pageserver.walreceiver.SelectionRules;
import io.tidegate.examples.pageserver.walreceiver.SwitchReason;
import io.tidegate.examples.pageserver.walreceiver.WalReceiver;
import io.tidegate.examples.pageserver.walreceiver.WalReceiverStatus;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One cluster with a primary and a standby: two sources of one timeline. Each is behind a line that can break. */
@Timeout(300)
class StandbyTest {
  private static final TenantSettings SMALL_LAYERS =
      TenantSettings.DEFAULTS.withCheckpoint(1 << 18, Duration.ofMinutes(1), 4);

  private static final SelectionRules QUICK =
      new SelectionRules(Duration.ofSeconds(2), Duration.ofSeconds(4), 1L << 30);

  @TempDir
  static Path servers;

  private static TestDatabase primary;
  private static LocalPostgres standby;

  @TempDir
  Path folder;

  private final Scope tenant = Scope.root("tenant");
  private final Proxy toPrimary = new Proxy();
  private final Proxy toStandby = new Proxy();
  private LogLines log;

  @BeforeAll
  static void start() throws Exception {
    primary = new TestDatabase(LocalPostgres.start(servers.resolve("primary")));
    standby = Standby.start(primary.server(), servers.resolve("standby"));
  }

  @AfterAll
  static void stop() throws Exception {
    standby.close();
    primary.close();
  }

  @BeforeEach
  void open() throws Exception {
    log = new LogLines();
    toPrimary.forwardTo(primary.server().port());
    toStandby.forwardTo(standby.port());
  }

  @AfterEach
  void close() throws Exception {
    tenant.close();
    toPrimary.cut();
    toStandby.cut();
    log.close();
  }

  /** As from the command line: several servers of one cluster are candidates of one timeline. */
  @Test
  void start_withPrimaryAndStandby_makesThemCandidatesOfOneTimeline() throws Exception {
    Path data = folder.resolve("data");
    try (TestServer server = TestServer.start(data, TestServer.SMALL_LAYERS,
        toStandby.connectionString(), toPrimary.connectionString())) {
      Await.until("there is a timeline", () -> server.timelines().size() == 1);
      Timeline timeline = server.timelines().getFirst();
      awaitCandidates(timeline, where(toPrimary), where(toStandby));
      for (int i = 0; i < 4; i++) {
        Proxy connected = connected(timeline);
        Lsn end = primary.work(3);
        connected.cut();
        TestServer.awaitRecords(timeline, end);
        connected.forwardTo(connected == toPrimary ? primary.server().port() : standby.port());
        awaitCandidates(timeline, where(toPrimary), where(toStandby));
      }
      server.closeInOrder();
      assertEquals(1, server.timelines().size());
      assertTrue(timeline.walReceiver().orElseThrow().totals().isWhole());
      Ledger ledger = Ledger.read(data, timeline.metadata());
      assertEquals(timeline.walReceiver().orElseThrow().totals().records(), ledger.records());
      ledger.checkAgainst(primary);
    }
    assertEquals(List.of(), log.lines(Level.ERROR));
  }

  @Test
  void source_whoseLineIsDead_isLeftForTheOther() throws Exception {
    Timeline timeline = receiveFrom(toPrimary);
    WalReceiver receiver = timeline.walReceiver().orElseThrow();
    TestServer.awaitRecords(timeline, primary.work(3));
    timeline.receiveFrom(PostgresSource.of(toStandby.connectionString()), QUICK);
    awaitCandidates(timeline, where(toPrimary), where(toStandby));
    toPrimary.stall();
    Lsn end = primary.work(6);
    TestServer.awaitRecords(timeline, end);

    assertEquals(where(toStandby), receiver.where());
    WalReceiverStatus status = receiver.status().value();
    assertTrue(status.switches().containsKey(SwitchReason.NO_KEEP_ALIVES), status::toString);
    Await.until("the silent one is no candidate any more", () -> candidates(timeline).equals(Set.of(where(toStandby))));
    CloseReport report = tenant.closeGracefully(Duration.ofSeconds(60));
    assertTrue(report.isOrderly(), report::toString);
    checkWhole(timeline);
  }

  @Test
  void close_whileTheOnlySourceIsSilent_isOrderlyAndFlushes() throws Exception {
    Timeline timeline = receiveFrom(toPrimary);
    Lsn end = primary.work(3);
    TestServer.awaitRecords(timeline, end);
    toPrimary.stall();
    CloseReport report = tenant.closeGracefully(Duration.ofSeconds(60));
    assertTrue(report.isOrderly(), report::toString);
    assertFalse(timeline.diskConsistentLsn().isBefore(end));
    checkWhole(timeline);
  }

  /** A slot that nobody reads from would keep WAL until the server's disk is full. */
  @Test
  void slot_onTheSourceThatIsNotReceivedFrom_movesOn() throws Exception {
    Timeline timeline = receiveFrom(toPrimary);
    TestServer.awaitRecords(timeline, primary.work(1));
    timeline.receiveFrom(PostgresSource.of(toStandby.connectionString()), QUICK);
    awaitCandidates(timeline, where(toPrimary), where(toStandby));
    Lsn before = slotOfStandby();
    for (int i = 0; i < 2; i++) {
      primary.work(2);
      primary.execute("SELECT pg_switch_wal()");
    }
    primary.work(5);
    Await.until("the slot has moved on", () -> slotOfStandby().minus(before) >= 1 << 24);
    assertFalse(timeline.diskConsistentLsn().isBefore(slotOfStandby()), "but not beyond what is durable here");
  }

  private static Lsn slotOfStandby() throws SQLException {
    try (Connection connection = PostgresSource.of(standby.connectionString()).connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT restart_lsn FROM pg_replication_slots")) {
      row.next();
      return Lsn.parse(row.getString(1));
    }
  }

  private Timeline receiveFrom(Proxy proxy) throws Exception {
    PostgresSource source = PostgresSource.of(proxy.connectionString());
    TimelineMetadata metadata = TestDatabase.newTimeline(source);
    Path store = folder.resolve("tenants").resolve(metadata.tenantId().toString());
    LayerStore layers = LayerStore.create(store.resolve(metadata.timelineId().toString()), metadata);
    Timeline timeline = Timeline.open(
        tenant, layers, () -> SMALL_LAYERS, TimelineServices.create(), Optional.empty());
    timeline.receiveFrom(source, QUICK);
    return timeline;
  }

  private void checkWhole(Timeline closed) throws Exception {
    assertTrue(closed.walReceiver().orElseThrow().totals().isWhole());
    Ledger ledger = Ledger.read(folder, closed.metadata());
    assertEquals(closed.walReceiver().orElseThrow().totals().records(), ledger.records());
    ledger.checkAgainst(primary);
  }

  private Proxy connected(Timeline timeline) throws Exception {
    WalReceiver receiver = timeline.walReceiver().orElseThrow();
    Await.until("it is connected", receiver::isConnected);
    return receiver.where().equals(where(toPrimary)) ? toPrimary : toStandby;
  }

  private static void awaitCandidates(Timeline timeline, String... sources) throws Exception {
    Await.until("there are so many candidates", () -> candidates(timeline).equals(Set.of(sources)));
  }

  private static Set<String> candidates(Timeline timeline) {
    return timeline.walReceiver()
        .map(receiver -> receiver.status().value().candidates())
        .orElse(List.of())
        .stream().map(Candidate::source).collect(Collectors.toSet());
  }

  private static String where(Proxy proxy) {
    return "127.0.0.1:" + proxy.port();
  }
}
