// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.walreceiver.IngestTotals;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A server started again on the same data continues without a gap and without a repetition, however it ended. */
@ExtendWith(Servers.class)
@Timeout(300)
class PageserverRestartTest {
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
  void start_afterOrderlyClose_continuesAtTheLastRecord(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    TimelineMetadata metadata;
    Lsn closedAt;
    try (TestServer server = TestServer.start(data(), TestServer.SMALL_LAYERS, database.connectionString())) {
      Timeline timeline = server.timeline(database);
      TestServer.awaitRecords(timeline, database.work(10));
      server.closeInOrder();
      metadata = timeline.metadata();
      closedAt = timeline.lastRecordLsn();
    }
    Ledger before = Ledger.read(data(), metadata);
    assertEquals(closedAt, before.end());
    database.work(5);

    Timeline continued = ingestAgain(database, TestServer.SMALL_LAYERS);

    assertEquals(metadata.timelineId(), continued.id());
    Ledger after = Ledger.read(data(), metadata);
    IngestTotals totals = continued.walReceiver().orElseThrow().totals();
    assertTrue(totals.isWhole(), totals::toString);
    assertEquals(after.records(), before.records() + totals.records());
    assertEquals(after.end().minus(closedAt), totals.bytes());
    after.checkAgainst(database);
  }

  @Test
  void start_afterHardClose_receivesAgainWhatWasInMemory(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    TimelineMetadata metadata;
    Lsn inMemory;
    try (TestServer server = TestServer.start(data(), TestServer.ALL_IN_MEMORY, database.connectionString())) {
      Timeline timeline = server.timeline(database);
      inMemory = database.work(5);
      TestServer.awaitRecords(timeline, inMemory);
      metadata = timeline.metadata();
      server.closeHard();
    }
    Ledger before = Ledger.read(data(), metadata);
    assertEquals(0, before.layers());
    assertEquals(before.start(), before.end());

    ingestAgain(database, TestServer.ALL_IN_MEMORY);

    Ledger after = Ledger.read(data(), metadata);
    assertFalse(after.end().isBefore(inMemory));
    after.checkAgainst(database);
  }

  @Test
  void start_afterKill_continuesAtTheLastLayer(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    try (ChildProcess child = ChildProcess.start(folder, "--data", data().toString(), "--checkpoint-distance", "1",
        "--tenant-default", "compaction_period=0s",
        "--postgres", database.connectionString())) {
      child.awaitOutput("receiving WAL");
      database.work(40);
      child.awaitOutput("flushed ");
      database.work(3);
      child.kill();
    }

    Timeline continued = ingestAgain(database, TestServer.SMALL_LAYERS);

    Ledger after = Ledger.read(data(), continued.metadata());
    assertTrue(continued.walReceiver().orElseThrow().totals().bytes() < after.end().minus(after.start()));
    after.checkAgainst(database);
    assertEquals(List.of(), log.lines(Level.ERROR));
  }

  /** Starts on the data, ingests all that the server has written and a little more, and closes in order. */
  private Timeline ingestAgain(TestDatabase database, TenantConfig defaults) throws Exception {
    try (TestServer server = TestServer.start(data(), defaults, database.connectionString())) {
      Timeline timeline = server.timeline(database);
      TestServer.awaitRecords(timeline, database.work(5));
      server.closeInOrder();
      return timeline;
    }
  }
}
