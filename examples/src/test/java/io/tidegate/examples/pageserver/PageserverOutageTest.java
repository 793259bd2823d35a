// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import io.tidegate.examples.pageserver.source.LocalPostgres;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.walreceiver.IngestTotals;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Sources that die, come back or are never there. */
@ExtendWith(Servers.class)
@Timeout(300)
class PageserverOutageTest {
  @TempDir
  Path folder;

  private LogLines log;
  private Proxy proxy;

  @BeforeEach
  void open() throws Exception {
    log = new LogLines();
    proxy = new Proxy();
  }

  @AfterEach
  void close() throws Exception {
    proxy.cut();
    log.close();
  }

  private Path data() {
    return folder.resolve("data");
  }

  @Test
  void kill_ofOneServer_isRetriedAndTheOtherTenantGoesOn(Servers.Running servers) throws Exception {
    Path cluster = servers.folder().resolve("mortal");
    TestDatabase mortal = new TestDatabase(LocalPostgres.start(cluster));
    proxy.forwardTo(mortal.server().port());
    try (TestServer server = TestServer.start(data(), TestServer.SMALL_LAYERS,
        proxy.connectionString(), servers.first().connectionString())) {
      Timeline struck = server.timeline(proxy.port());
      Timeline other = server.timeline(servers.first());
      Lsn before = mortal.work(10);
      TestServer.awaitRecords(struck, before);

      kill(cluster);
      proxy.cut();
      Await.until("two attempts have failed", () -> retries(proxy.port()).size() > 1);
      TestServer.awaitRecords(other, servers.first().work(5));
      assertFalse(struck.walReceiver().orElseThrow().isConnected());
      // It may connect anew: where the machine is busy, its server takes it for dead sooner than the test does.
      Await.until("the other one is connected", () -> other.walReceiver().orElseThrow().isConnected());

      mortal.server().close();
      try (TestDatabase again = new TestDatabase(LocalPostgres.start(cluster))) {
        proxy.forwardTo(again.server().port());
        TestServer.awaitRecords(struck, again.work(10));
        server.closeInOrder();
        checkWhole(struck, again);
        checkWhole(other, servers.first());
      }
    }
    assertEquals(List.of(), log.lines(Level.ERROR));
  }

  private void checkWhole(Timeline closed, TestDatabase database) throws Exception {
    IngestTotals totals = closed.walReceiver().orElseThrow().totals();
    assertTrue(totals.isWhole(), totals::toString);
    Ledger ledger = Ledger.read(data(), closed.metadata());
    assertEquals(totals.records(), ledger.records());
    ledger.checkAgainst(database);
  }

  private static void kill(Path cluster) throws Exception {
    long pid = Long.parseLong(Files.readAllLines(cluster.resolve("postmaster.pid")).getFirst().trim());
    ProcessHandle postmaster = ProcessHandle.of(pid).orElseThrow();
    postmaster.destroyForcibly();
    Await.until("the server is gone", () -> !postmaster.isAlive());
  }

  /** Lines of refused attempts at a port: they name the address, and no stack trace comes with them. */
  private List<String> retries(int port) {
    return log.lines(Level.WARN).stream()
        .filter(line -> line.matches("WARN 127\\.0\\.0\\.1:" + port + ": .*; next attempt in \\d+ ms"))
        .toList();
  }

  @Test
  void connection_cutAgainAndAgain_losesAndRepeatsNothing(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    proxy.forwardTo(database.server().port());
    try (TestServer server = TestServer.start(data(), TestServer.SMALL_LAYERS, proxy.connectionString())) {
      Timeline timeline = server.timeline(proxy.port());
      for (int i = 0; i < 4; i++) {
        Lsn middle = database.work(3);
        Await.until("some of it has come", () -> timeline.walReceiver().orElseThrow().totals().records() > 0);
        proxy.cut();
        proxy.forwardTo(database.server().port());
        TestServer.awaitRecords(timeline, middle);
      }
      server.closeInOrder();
      checkWhole(timeline, database);
    }
  }

  @Test
  void source_thatIsAnotherCluster_isRefusedUntilItIsTheOldOneAgain(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    proxy.forwardTo(database.server().port());
    try (TestServer server = TestServer.start(data(), TestServer.SMALL_LAYERS, proxy.connectionString())) {
      Timeline timeline = server.timeline(proxy.port());
      TestServer.awaitRecords(timeline, database.work(3));
      proxy.cut();
      proxy.forwardTo(servers.second().server().port());
      Await.until("the other one is refused", () -> log.contains(" is the PostgreSQL cluster "));
      Lsn end = database.work(3);
      assertTrue(timeline.lastRecordLsn().isBefore(end));

      proxy.cut();
      proxy.forwardTo(database.server().port());
      TestServer.awaitRecords(timeline, end);
      server.closeInOrder();
      checkWhole(timeline, database);
    }
    assertTrue(log.lines(Level.ERROR).stream().allMatch(line -> line.matches(
        "ERROR 127\\.0\\.0\\.1:\\d+ is the PostgreSQL cluster \\d+, but .* comes from \\d+; next attempt in \\d+ ms")));
  }

  /** A restore to another timeline may rewrite what was received already. */
  @Test
  void source_onAnotherTimeline_isRefused(Servers.Running servers) throws Exception {
    Path cluster = servers.folder().resolve("restored");
    TestDatabase database = new TestDatabase(LocalPostgres.start(cluster));
    proxy.forwardTo(database.server().port());
    try (TestServer server = TestServer.start(data(), TestServer.SMALL_LAYERS, proxy.connectionString())) {
      Timeline timeline = server.timeline(proxy.port());
      TestServer.awaitRecords(timeline, database.work(3));
      kill(cluster);
      proxy.cut();
      database.server().close();
      Files.createFile(cluster.resolve("recovery.signal"));
      Path settings = cluster.resolve("postgresql.auto.conf");
      Files.writeString(settings, "restore_command = 'false'\n", StandardOpenOption.APPEND);
      try (TestDatabase restored = new TestDatabase(LocalPostgres.start(cluster))) {
        proxy.forwardTo(restored.server().port());
        Await.until("it is refused", () -> log.contains(" has gone to timeline 2 of its log"));
        Lsn end = restored.work(1);
        server.closeInOrder();
        assertTrue(timeline.lastRecordLsn().isBefore(end));
      }
    }
  }

  @Test
  void source_thatIsNotThere_isRetriedUntilItIs(Servers.Running servers) throws Exception {
    TestDatabase late = servers.second();
    try (TestServer server = TestServer.start(data(), TestServer.SMALL_LAYERS,
        proxy.connectionString(), servers.first().connectionString())) {
      Await.until("two attempts have failed", () -> retries(proxy.port()).size() > 1);
      TestServer.awaitRecords(server.timeline(servers.first()), servers.first().work(3));

      proxy.forwardTo(late.server().port());
      TestServer.awaitRecords(server.timeline(proxy.port()), late.work(3));
      server.closeInOrder();
    }
    assertEquals(List.of(), log.lines(Level.ERROR));
  }

  @Test
  void close_whileAttachIsRetried_isOrderly(Servers.Running servers) throws Exception {
    try (TestServer server = TestServer.start(data(), TestServer.SMALL_LAYERS,
        proxy.connectionString(), servers.first().connectionString())) {
      Await.until("three attempts have failed", () -> retries(proxy.port()).size() > 2);
      server.closeInOrder();
    }
    assertEquals(List.of(), log.lines(Level.ERROR));
  }

  @Test
  void close_whileConnectionIsRetried_isOrderlyAndFlushes(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    proxy.forwardTo(database.server().port());
    try (TestServer server = TestServer.start(data(), TestServer.ALL_IN_MEMORY, proxy.connectionString())) {
      Timeline timeline = server.timeline(proxy.port());
      Lsn end = database.work(3);
      TestServer.awaitRecords(timeline, end);
      proxy.cut();
      Await.until("three attempts have failed", () -> retries(proxy.port()).size() > 2);
      server.closeInOrder();
      assertFalse(Ledger.read(data(), timeline.metadata()).end().isBefore(end));
      checkWhole(timeline, database);
    }
    assertEquals(List.of(), log.lines(Level.ERROR));
  }
}
