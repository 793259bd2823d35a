// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import static io.tidegate.examples.pageserver.tenant.TestTenants.BUDGET;
import static io.tidegate.examples.pageserver.tenant.TestTenants.TENANT;
import static io.tidegate.examples.pageserver.tenant.TestTenants.TIMELINE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.LogLines;
import io.tidegate.examples.pageserver.storage.LayerRecord;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.tenant.RefusedException.Why;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An operation is killed at each of its changes of the disk, one after another; the next start brings it to an end. */
@Timeout(300)
class TenantCrashTest {
  @TempDir
  Path folder;

  private LogLines log;

  @BeforeEach
  void keepTheLogQuiet() {
    log = new LogLines();
  }

  @AfterEach
  void releaseLog() {
    log.close();
  }

  private interface Operation {
    void run(TestTenants server) throws Exception;
  }

  private interface Check {
    void of(TestTenants restarted, Path tenants) throws Exception;
  }

  /** Repeats all of it, with one change more each time that passes, until the operation comes to its end. */
  private void crashAtEachStep(Operation before, Operation operation, Check check) throws Exception {
    boolean crashed = true;
    for (int changes = 0; crashed; changes++) {
      Path tenants = folder.resolve("run-" + changes).resolve("tenants");
      CrashingDisk disk = new CrashingDisk();
      try (TestTenants server = TestTenants.start(tenants, disk.disk())) {
        before.run(server);
        disk.crashAfter(changes);
        Thread running = Thread.startVirtualThread(() -> runUntilTheDiskIsDown(operation, server));
        Await.until("it ends or the disk is down", () -> disk.isDown() || !running.isAlive());
        crashed = disk.isDown();
        server.server.close();
        running.join();
      }
      try (TestTenants restarted = TestTenants.start(tenants)) {
        check.of(restarted, tenants);
      }
      assertEquals(List.of(), temporaries(tenants), "strays after " + changes + " changes");
    }
  }

  private static void runUntilTheDiskIsDown(Operation operation, TestTenants server) {
    try {
      operation.run(server);
    } catch (Exception cutShort) {
      Thread.currentThread().interrupt(); // how it ends does not matter: what it has left does
    }
  }

  private static List<String> temporaries(Path tenants) throws IOException {
    return TestTenants.files(tenants).stream().filter(each -> each.contains(".tmp")).toList();
  }

  private static void awaitUploaded(Timeline timeline) throws Exception {
    Await.until("it is uploaded", () -> timeline.remoteConsistentLsn().equals(timeline.lastRecordLsn()));
  }

  /** A timeline whose layers are all here and in the remote store, and nothing of the tenant is under way. */
  private static void timelineWithLayers(TestTenants server) throws Exception {
    TestTenants.put(server.createTimeline(), 3);
    server.tenants.detach(TENANT, BUDGET);
    server.tenants.attach(TENANT);
    awaitUploaded(server.active(TENANT).timeline(TIMELINE));
    Path config = server.folder.resolveSibling("remote").resolve("tenants").resolve(TENANT.toString()).resolve("config");
    Await.until("the configuration is uploaded", () -> Files.exists(config));
  }

  @Test
  void deleteTimeline_isEitherNotBegunOrComesToItsEnd() throws Exception {
    crashAtEachStep(
        TenantCrashTest::timelineWithLayers,
        server -> server.tenants.find(TENANT).deleteTimeline(TIMELINE).join(),
        (restarted, tenants) -> {
          Tenant tenant = restarted.active(TENANT);
          Optional<TimelineSlot> slot = tenant.timelines().stream().findFirst();
          if (slot.isPresent() && slot.get().state().value().isActive()) {
            assertFalse(Files.exists(restarted.timelineFolder().resolve("deleted")));
            tenant.timeline(TIMELINE);
          } else {
            Await.until("the deletion is done", () -> tenant.timelines().isEmpty());
            assertFalse(Files.exists(restarted.timelineFolder()));
            assertEquals(List.of(), TestTenants.files(remoteTimelines(tenants)));
          }
        });
  }

  private static Path remoteTimelines(Path tenants) {
    return tenants.resolveSibling("remote").resolve("tenants").resolve(TENANT.toString()).resolve("timelines");
  }

  @Test
  void deleteTenant_isEitherNotBegunOrComesToItsEnd() throws Exception {
    crashAtEachStep(
        TenantCrashTest::timelineWithLayers,
        server -> server.tenants.delete(TENANT),
        (restarted, tenants) -> {
          boolean isHere = restarted.tenants.list().stream().anyMatch(each -> each.state().phase() != State.Phase.STOPPING);
          if (isHere) {
            restarted.active(TENANT).timeline(TIMELINE);
          } else {
            Await.until("the deletion is done", () -> restarted.tenants.list().isEmpty());
            TestTenants.assertRefused(Why.NOT_FOUND, () -> restarted.tenants.find(TENANT));
            assertEquals(List.of(), TestTenants.files(tenants.resolveSibling("remote")));
            assertEquals(List.of(), TestTenants.files(tenants));
          }
        });
  }

  @Test
  void detach_leavesTheTenantHereOrInTheRemoteStore() throws Exception {
    crashAtEachStep(
        TenantCrashTest::timelineWithLayers,
        server -> server.tenants.detach(TENANT, BUDGET),
        (restarted, tenants) -> {
          if (restarted.tenants.list().isEmpty()) {
            assertEquals(List.of(), TestTenants.files(tenants));
            restarted.tenants.attach(TENANT);
          }
          checkRecords(restarted);
        });
  }

  @Test
  void attach_goesOnWhereItWas() throws Exception {
    crashAtEachStep(
        server -> {
          TestTenants.put(server.createTimeline(), 3);
          server.tenants.find(TENANT).branchTimeline(TestTenants.BRANCH, TIMELINE, Optional.empty());
          server.tenants.detach(TENANT, BUDGET);
        },
        server -> {
          server.tenants.attach(TENANT);
          server.active(TENANT);
        },
        (restarted, tenants) -> {
          if (restarted.tenants.list().isEmpty()) {
            restarted.tenants.attach(TENANT);
          }
          restarted.active(TENANT).timeline(TestTenants.BRANCH);
          assertFalse(Files.exists(tenants.resolve(TENANT.toString()).resolve("attaching")));
          checkRecords(restarted);
        });
  }

  private static void checkRecords(TestTenants restarted) throws Exception {
    restarted.active(TENANT).timeline(TIMELINE);
    assertTrue(restarted.closeInOrder().isOrderly());
    List<LayerRecord> records = TestTenants.records(restarted.timelineFolder());
    assertEquals(3, records.size());
    assertEquals(SampleRecords.plain(3, 1_000).getLast().end(), records.getLast().endLsn());
  }

  @Test
  void create_isThereOrNot() throws Exception {
    crashAtEachStep(
        server -> {},
        server -> server.createTimeline(),
        (restarted, tenants) -> {
          if (restarted.tenants.list().isEmpty()) {
            assertEquals(List.of(), TestTenants.files(tenants));
            restarted.create();
          }
          Tenant tenant = restarted.active(TENANT);
          if (tenant.timelines().isEmpty()) {
            assertFalse(Files.exists(restarted.timelineFolder()));
            tenant.createTimeline(TimelineMetadata.of(TENANT, TIMELINE, SampleRecords.START));
          }
          awaitUploaded(tenant.timeline(TIMELINE));
        });
  }
}
