// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import static io.tidegate.examples.pageserver.tenant.TestTenants.BUDGET;
import static io.tidegate.examples.pageserver.tenant.TestTenants.TENANT;
import static io.tidegate.examples.pageserver.tenant.TestTenants.TIMELINE;
import static io.tidegate.examples.pageserver.tenant.TestTenants.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import io.tidegate.CloseReport;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.LogLines;
import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.remote.RemoteStore;
import io.tidegate.examples.pageserver.storage.LayerRecord;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.tenant.RefusedException.Why;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import io.tidegate.testing.Fault;
import io.tidegate.testing.Faults;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Operations that meet: each one ends, one of them wins, and nobody is told what is not so. */
@Timeout(300)
class TenantRaceTest {
  /** Enough for an orderly close on a slow machine, and not much to wait for where something hangs. */
  private static final Duration SHORT = Duration.ofSeconds(3);

  @TempDir
  Path folder;

  private final Scope callers = Scope.root("callers");
  private LogLines log;

  @BeforeEach
  void catchLog() {
    log = new LogLines();
  }

  @AfterEach
  void close() {
    List.copyOf(Faults.armed()).forEach(Fault::close);
    callers.close();
    log.close();
  }

  private Path here() {
    return folder.resolve("here");
  }

  /** Calls from another task, which may be cancelled as that of a client that hangs up. */
  private <T> Task<T> call(Callable<T> operation) {
    return callers.fork(Kind.STATUS, token -> operation.call());
  }

  private static Throwable thrown(Task<?> call) throws Exception {
    call.join();
    return call.exception().orElseThrow();
  }

  private static void assertRefusedAsUnavailable(Task<?> call) throws Exception {
    Throwable thrown = thrown(call);
    assertTrue(thrown instanceof RefusedException refused && refused.why() == Why.UNAVAILABLE, thrown::toString);
  }

  /** A tenant with some layers in the remote store and none here; its records. */
  private List<LayerRecord> detached() throws Exception {
    try (TestTenants server = TestTenants.start(here())) {
      TestTenants.put(server.createTimeline(), 5);
      assertTrue(server.closeInOrder().isOrderly());
    }
    List<LayerRecord> records = TestTenants.records(here().resolve(TENANT.toString()).resolve(TIMELINE.toString()));
    try (TestTenants server = TestTenants.start(here())) {
      server.active(TENANT);
      server.tenants.detach(TENANT, BUDGET);
    }
    return records;
  }

  private void checkAttached(TestTenants server, List<LayerRecord> records) throws Exception {
    server.tenants.attach(TENANT);
    server.active(TENANT).timeline(TIMELINE);
    server.closeInOrder();
    assertEquals(records, TestTenants.records(server.timelineFolder()));
  }

  @Test
  void detach_whileAttaching_endsBoth() throws Exception {
    List<LayerRecord> records = detached();
    try (TestTenants server = TestTenants.start(here())) {
      Fault stuck = Faults.at(RemoteStore.DOWNLOAD).pause();
      Tenant tenant = server.tenants.attach(TENANT);
      stuck.awaitReached();
      assertRefused(Why.UNAVAILABLE, () -> tenant.timeline(TIMELINE));
      server.tenants.detach(TENANT, BUDGET);
      assertEquals(List.of(), TestTenants.files(here()));
      assertTrue(tenant.scope().isClosed());
      stuck.close();
      checkAttached(server, records);
    }
    assertEquals(List.of(), log.lines(Level.ERROR));
  }

  @Test
  void detach_whileActivating_endsBoth() throws Exception {
    List<LayerRecord> records = detached();
    try (TestTenants server = TestTenants.start(here())) {
      Fault stuck = Faults.at("tenant.activate.before").pause();
      Tenant tenant = server.tenants.attach(TENANT);
      stuck.awaitReached();
      server.tenants.detach(TENANT, Duration.ZERO);
      assertEquals(State.STOPPING, tenant.state().value());
      stuck.close();
      checkAttached(server, records);
    }
    assertEquals(List.of(), log.lines(Level.ERROR));
  }

  @Test
  void close_whileAttaching_ends() throws Exception {
    List<LayerRecord> records = detached();
    Fault stuck = Faults.at(RemoteStore.LIST).pause();
    try (TestTenants server = TestTenants.start(here())) {
      server.tenants.attach(TENANT);
      stuck.awaitReached();
      assertTrue(server.closeInOrder().closed());
    }
    stuck.close();
    try (TestTenants server = TestTenants.start(here())) {
      server.active(TENANT).timeline(TIMELINE);
      server.closeInOrder();
      assertEquals(records, TestTenants.records(server.timelineFolder()));
    }
    assertEquals(List.of(), log.lines(Level.ERROR));
  }

  @Test
  void create_whileTheSameIsBeingCreated_isRefused() throws Exception {
    try (TestTenants server = TestTenants.start(here())) {
      Fault stuck = Faults.at("tenant.create.before").pause();
      Task<Tenant> first = call(server::create);
      stuck.awaitReached();
      assertRefused(Why.CONFLICT, server::create);
      assertRefused(Why.CONFLICT, () -> server.tenants.attach(TENANT));
      assertRefused(Why.CONFLICT, () -> server.tenants.detach(TENANT, BUDGET));
      assertRefused(Why.CONFLICT, () -> server.tenants.delete(TENANT));
      assertRefused(Why.UNAVAILABLE, () -> server.tenants.find(TENANT));
      assertEquals(List.of(new Tenants.Entry(TENANT, State.ATTACHING, Optional.empty())), server.tenants.list());
      stuck.close();
      first.join();
      assertEquals(first.result(), server.tenants.find(TENANT));
    }
  }

  @Test
  void find_whileDetaching_isUnavailable() throws Exception {
    try (TestTenants server = TestTenants.start(here())) {
      server.createTimeline();
      Fault stuck = Faults.at("tenant.detach.before-files").pause();
      Task<Boolean> detach = call(() -> {
        server.tenants.detach(TENANT, BUDGET);
        return true;
      });
      stuck.awaitReached();
      assertRefused(Why.UNAVAILABLE, () -> server.tenants.find(TENANT));
      assertRefused(Why.UNAVAILABLE, () -> server.tenants.detach(TENANT, BUDGET));
      assertRefused(Why.UNAVAILABLE, server::create);
      stuck.close();
      detach.join();
      assertTrue(detach.result());
      assertRefused(Why.NOT_FOUND, () -> server.tenants.find(TENANT));
    }
  }

  @Test
  void detach_whoseRemovalFails_canBeRepeated() throws Exception {
    try (TestTenants server = TestTenants.start(here())) {
      server.createTimeline();
      Faults.at("tenant.detach.before-files").once().fail("disk full");
      Task<Boolean> detach = call(() -> {
        server.tenants.detach(TENANT, BUDGET);
        return true;
      });
      assertEquals("disk full", thrown(detach).getMessage());
      assertRefused(Why.UNAVAILABLE, () -> server.tenants.find(TENANT).timeline(TIMELINE));
      server.tenants.detach(TENANT, BUDGET);
      assertRefused(Why.NOT_FOUND, () -> server.tenants.find(TENANT));
    }
  }

  @Test
  void deleteTenant_whileATimelineIsBeingCreated_endsBoth() throws Exception {
    try (TestTenants server = TestTenants.start(here())) {
      server.create();
      Fault stuck = Faults.at("timeline.create.before").pause();
      Task<Timeline> create = call(() -> server.tenants.find(TENANT).createTimeline(
          TimelineMetadata.of(TENANT, TIMELINE, new Lsn(8))));
      stuck.awaitReached();
      server.tenants.delete(TENANT);
      assertRefusedAsUnavailable(create);
      assertRefused(Why.NOT_FOUND, () -> server.tenants.find(TENANT));
      assertEquals(List.of(), TestTenants.files(folder));
    }
    assertEquals(List.of(), log.lines(Level.ERROR));
  }

  @Test
  void deleteTimeline_whileItIsBeingCreated_isRefused() throws Exception {
    try (TestTenants server = TestTenants.start(here())) {
      Tenant tenant = server.create();
      Fault stuck = Faults.at("timeline.create.before").pause();
      Task<Timeline> create = call(() -> tenant.createTimeline(
          TimelineMetadata.of(TENANT, TIMELINE, new Lsn(8))));
      stuck.awaitReached();
      assertRefused(Why.UNAVAILABLE, () -> tenant.timeline(TIMELINE));
      assertRefused(Why.CONFLICT, () -> tenant.deleteTimeline(TIMELINE));
      stuck.close();
      create.join();
      assertEquals(create.result(), tenant.timeline(TIMELINE));
      tenant.deleteTimeline(TIMELINE).join();
    }
  }

  @Test
  void createTimeline_thatFails_leavesRoomForAnother() throws Exception {
    try (TestTenants server = TestTenants.start(here())) {
      server.create();
      Faults.at("timeline.create.before").once().fail("disk full");
      Task<Timeline> create = call(() -> server.tenants.find(TENANT).createTimeline(
          TimelineMetadata.of(TENANT, TIMELINE, new Lsn(8))));
      assertEquals("disk full", thrown(create).getMessage());
      Tenant tenant = server.tenants.find(TENANT);
      assertRefused(Why.NOT_FOUND, () -> tenant.timeline(TIMELINE));
      tenant.createTimeline(
          TimelineMetadata.of(TENANT, TIMELINE, new Lsn(8)));
    }
  }

  @Test
  void deleteTimeline_whileItIsBeingDeleted_isAConflictAndThenNotFound() throws Exception {
    try (TestTenants server = TestTenants.start(here())) {
      server.createTimeline();
      Tenant tenant = server.tenants.find(TENANT);
      Fault stuck = Faults.at("timeline.delete.before-files").pause();
      Task<?> deletion = tenant.deleteTimeline(TIMELINE);
      stuck.awaitReached();
      assertRefused(Why.CONFLICT, () -> tenant.deleteTimeline(TIMELINE));
      assertRefused(Why.UNAVAILABLE, () -> tenant.timeline(TIMELINE));
      stuck.close();
      deletion.join();
      assertRefused(Why.NOT_FOUND, () -> tenant.deleteTimeline(TIMELINE));
    }
  }

  @Test
  void deleteTimeline_whoseMarkFails_changesNothing() throws Exception {
    try (TestTenants server = TestTenants.start(here())) {
      Timeline timeline = server.createTimeline();
      Tenant tenant = server.tenants.find(TENANT);
      Faults.at("timeline.delete.before-mark").once().fail("disk full");
      assertEquals("disk full", thrown(call(() -> tenant.deleteTimeline(TIMELINE))).getMessage());
      assertEquals(timeline, tenant.timeline(TIMELINE));
      TestTenants.put(timeline, 1);
      tenant.deleteTimeline(TIMELINE).join();
    }
  }

  @Test
  void deleteTimeline_whoseCallerHangsUp_comesToItsEnd() throws Exception {
    try (TestTenants server = TestTenants.start(here())) {
      server.createTimeline();
      Tenant tenant = server.tenants.find(TENANT);
      Fault stuck = Faults.at("timeline.delete.before-mark").pause();
      Task<?> caller = call(() -> tenant.deleteTimeline(TIMELINE));
      stuck.awaitReached();
      caller.cancel("the client has gone");
      caller.join();
      assertEquals(Task.State.CANCELLED, caller.state());
      assertRefused(Why.UNAVAILABLE, () -> tenant.timeline(TIMELINE));
      stuck.close();
      Await.until("it is gone", () -> tenant.timelines().isEmpty());
      assertFalse(server.timelineFolder().toFile().exists());
    }
    assertEquals(List.of(), log.lines(Level.ERROR));
  }

  @Test
  void deleteTimeline_whileItsUploadsHang_doesNotWaitForThem() throws Exception {
    try (TestTenants server = TestTenants.start(here())) {
      server.create();
      Fault stuck = Faults.at(RemoteStore.UPLOAD).pause();
      Tenant tenant = server.tenants.find(TENANT);
      Timeline timeline = tenant.createTimeline(
          TimelineMetadata.of(TENANT, TIMELINE, new Lsn(8)));
      Await.until("an upload hangs", () -> stuck.held() > 0 && hangs(timeline));
      tenant.deleteTimeline(TIMELINE).join();
      assertRefused(Why.NOT_FOUND, () -> tenant.timeline(TIMELINE));
    }
    assertEquals(List.of(), log.lines(Level.ERROR));
  }

  private static boolean hangs(Timeline timeline) {
    return timeline.scope().tasks().stream().anyMatch(task -> task.kind() == Kind.REMOTE_UPLOAD);
  }

  @Test
  void close_whileTheRemoteStoreHangs_endsWithinItsBudgetAndLosesNothing() throws Exception {
    Lsn end;
    Fault stuck;
    try (TestTenants server = TestTenants.start(here())) {
      Timeline timeline = server.createTimeline();
      Await.until("the new timeline is uploaded", () -> TestTenants.uploaded(folder.resolve("remote")).size() == 2);
      stuck = Faults.at(RemoteStore.UPLOAD).pause();
      TestTenants.put(timeline, 5);
      end = timeline.lastRecordLsn();
      CloseReport report = server.server.closeGracefully(SHORT);
      assertTrue(report.closed(), report::toString);
      assertFalse(report.isOrderly(), report::toString);
      assertTrue(report.toString().contains("step \"drain uploads\"  overran"), report::toString);
      assertTrue(report.toString().contains("step \"freeze and flush\"  done"), report::toString);
      assertEquals(end, timeline.diskConsistentLsn());
      assertTrue(timeline.remoteConsistentLsn().isBefore(end));
    }
    stuck.close();
    try (TestTenants server = TestTenants.start(here())) {
      Timeline timeline = server.active(TENANT).timeline(TIMELINE);
      assertEquals(end, timeline.lastRecordLsn());
      Await.until("it is uploaded", () -> timeline.remoteConsistentLsn().equals(end));
    }
    assertEquals(List.of(), log.lines(Level.ERROR));
  }

  @Test
  void detach_whileTheRemoteStoreHangs_endsWithinItsBudget() throws Exception {
    try (TestTenants server = TestTenants.start(here())) {
      Timeline timeline = server.createTimeline();
      Fault stuck = Faults.at(RemoteStore.UPLOAD).pause();
      TestTenants.put(timeline, 5);
      server.tenants.detach(TENANT, SHORT);
      assertRefused(Why.NOT_FOUND, () -> server.tenants.find(TENANT));
      stuck.close();
    }
    assertEquals(List.of(), log.lines(Level.ERROR));
  }

  @Test
  void close_whileATenantIsBeingCreated_ends() throws Exception {
    try (TestTenants server = TestTenants.start(here())) {
      Fault stuck = Faults.at(RemoteStore.LIST).pause();
      Task<Tenant> create = call(() -> server.tenants.create(TENANT, TenantConfig.EMPTY));
      stuck.awaitReached();
      CloseReport report = server.closeInOrder();
      assertTrue(report.isOrderly(), report::toString);
      assertRefusedAsUnavailable(create);
    }
    assertEquals(List.of(), log.lines(Level.ERROR));
  }

  @Test
  void upload_afterFailures_isRepeatedUntilAllIsThere() throws Exception {
    try (TestTenants server = TestTenants.start(here())) {
      Fault broken = Faults.at(RemoteStore.UPLOAD).fail("no route to the store");
      Timeline timeline = server.tenants.create(TENANT, TenantConfig.of(Map.of("checkpoint_distance", "1")))
          .createTimeline(TimelineMetadata.of(
              TENANT, TIMELINE, SampleRecords.START));
      TestTenants.put(timeline, 3);
      Await.until("it was repeated", () -> broken.strikes() > 8);
      assertTrue(timeline.remoteConsistentLsn().isBefore(timeline.lastRecordLsn()));
      broken.close();
      Await.until("it is uploaded", () -> timeline.remoteConsistentLsn().equals(timeline.lastRecordLsn()));
      List<String> layers = TestTenants.files(server.timelineFolder()).stream().filter(each -> each.endsWith(".l0")).toList();
      List<String> uploaded = TestTenants.files(folder.resolve("remote")).stream()
          .filter(each -> each.endsWith(".l0")).map(each -> each.substring(each.lastIndexOf('/') + 1)).toList();
      assertEquals(3, layers.size());
      assertEquals(layers, uploaded);
    }
    assertEquals(List.of(), log.lines(Level.ERROR));
  }
}
