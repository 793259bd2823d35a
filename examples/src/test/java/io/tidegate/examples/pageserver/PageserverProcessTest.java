// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.wal.Lsn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The process as its operator sees it: signals, exit codes, messages. */
@ExtendWith(Servers.class)
@Timeout(300)
class PageserverProcessTest {
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

  private ChildProcess start(TestDatabase database, String... more) throws IOException {
    String[] arguments = new String[more.length + 4];
    arguments[0] = "--data";
    arguments[1] = data().toString();
    arguments[2] = "--postgres";
    arguments[3] = database.connectionString();
    System.arraycopy(more, 0, arguments, 4, more.length);
    return ChildProcess.start(folder, arguments);
  }

  @Test
  void runFor_endsByItselfWithZeroAndTheReport(Servers.Running servers) throws Exception {
    try (ChildProcess child = start(servers.first(), "--run-for", "PT6S", "--status-period", "PT0.2S")) {
      child.awaitOutput("receiving WAL");
      assertEquals(0, child.awaitExit(), child::tail);
      String output = child.output();
      assertTrue(output.contains("closing because of end of --run-for"), output);
      assertTrue(output.contains("pageserver  closed in "), output);
      assertTrue(output.contains("every byte accounted for"), output);
      assertTrue(output.contains("timeline           last record   on disk       MiB/s  layers  source\n"), output);
      String lsn = "[0-9A-F]+/[0-9A-F]+ +";
      String row = "\n[0-9a-f]{8}/[0-9a-f]{8}  " + lsn + lsn + " *[0-9.]+  1\\+0     127.0.0.1:\\d+\n";
      assertTrue(Pattern.compile(row).matcher(output).find(), output);
      String tasks = "\ntasks: compute 1, mgmt 2, walreceiver 4, background [1-9]\\d*, io 0, remote 0\n";
      assertTrue(Pattern.compile(tasks).matcher(output).find(), output);
      assertFalse(output.contains("\u001b"), "no terminal, no escapes");
    }
  }

  @Test
  void sigterm_inTheMiddle_closesInOrderWithZero(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    try (ChildProcess child = start(database)) {
      child.awaitOutput("receiving WAL");
      database.work(5);
      child.terminate();
      assertEquals(0, child.awaitExit(), child::tail);
      String output = child.output();
      assertTrue(output.contains("closing because of SIGTERM"), output);
      assertTrue(output.contains("step \"freeze and flush\"  done"), output);
      assertTrue(output.contains("pageserver  closed in "), output);
      assertFalse(output.contains("ERROR"), output);
    }
  }

  /** The flush cannot succeed, so an orderly close would take its whole budget. Signals too soon are ignored. */
  @Test
  void sigterm_again_closesHardWithOne(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    try (ChildProcess child = start(database, "--close-budget", "PT10M")) {
      child.awaitOutput("receiving WAL");
      Path obstacle = obstructFlush();
      Lsn end = database.work(3);
      Await.until("all is received", () -> !database.reported("write_lsn").isBefore(end));
      child.terminate();
      child.awaitOutput("flushing frozen layer");
      Await.until("the second signal closes", () -> {
        child.terminate();
        return !child.isAlive();
      });
      assertEquals(1, child.awaitExit(), child::tail);
      String output = child.output();
      assertEquals(2, output.split("SIGTERM again: closing the hard way", -1).length, output);
      assertTrue(output.contains("step \"freeze and flush\"  overran"), output);
      assertTrue(output.contains("closed, but not in order: what was not flushed is received again"), output);
      Folders.delete(obstacle);
    }
    try (ChildProcess child = start(database, "--run-for", "PT1S")) {
      assertEquals(0, child.awaitExit(), child::tail);
    }
  }

  @Test
  void close_beyondTheBudget_exitsWithOneAndSaysWhatWasLeft(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    try (ChildProcess child = start(database, "--close-budget", "PT1S")) {
      child.awaitOutput("receiving WAL");
      obstructFlush();
      Lsn end = database.work(3);
      Await.until("all is received", () -> !database.reported("write_lsn").isBefore(end));
      child.terminate();
      assertEquals(1, child.awaitExit(), child::tail);
      assertTrue(child.output().contains("step \"freeze and flush\"  overran"), child::tail);
    }
  }

  /** Puts a folder where the flush wants to write its file, and a file into it, so that it cannot be removed. */
  private Path obstructFlush() throws IOException {
    Path obstacle = Folders.find(data(), "metadata").resolveSibling("metadata.tmp");
    Files.createDirectory(obstacle);
    Files.createFile(obstacle.resolve("in-the-way"));
    return obstacle;
  }

  @Test
  void start_withBadArguments_exitsWithTwo() throws Exception {
    try (ChildProcess child = ChildProcess.start(folder, "--postgres", "postgresql://me:open-sesame@host:0/db")) {
      assertEquals(2, child.awaitExit(), child::tail);
      assertFalse(child.output().contains("open-sesame"), child::tail);
    }
  }

  @Test
  void start_onFolderInUse_exitsWithOneAndNamesTheProcess(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    try (TestServer server = TestServer.start(data(), TestServer.SMALL_LAYERS, database.connectionString());
        ChildProcess child = start(database)) {
      assertEquals(1, child.awaitExit(), child::tail);
      String expected = "in use by process " + ProcessHandle.current().pid();
      assertTrue(child.output().contains("the pageserver could not start"), child::tail);
      assertTrue(child.output().contains(expected), child::tail);
      server.closeInOrder();
    }
  }

  /** Nor is a timeline made for a source that may be that of the broken one. */
  @Test
  void start_onCorruptMetadata_goesOnWithoutThatTimelineAndNamesTheFile(Servers.Running servers) throws Exception {
    Path metadata = timelineWithoutLayers().resolve("metadata");
    Files.writeString(metadata, Files.readString(metadata).replace("slot_name = s", "slot_name = t"));
    try (ChildProcess child = start(servers.first())) {
      child.awaitOutput(metadata + " is damaged");
      child.awaitOutput("may be the one of 127.0.0.1:" + servers.first().server().port());
      child.terminate();
      assertEquals(0, child.awaitExit(), child::tail);
    }
  }

  private Path timelineWithoutLayers() throws IOException {
    TimelineMetadata metadata =
        TimelineMetadata.of(TenantId.random(), TimelineId.random(), new Lsn(1 << 24)).withSource(1, 1, "slot");
    Path timeline = data().resolve("tenants").resolve(metadata.tenantId().toString())
        .resolve(metadata.timelineId().toString());
    LayerStore.create(timeline, metadata).close();
    return timeline;
  }
}
