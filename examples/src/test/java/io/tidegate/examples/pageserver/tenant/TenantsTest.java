// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import static io.tidegate.examples.pageserver.tenant.TestTenants.BRANCH;
import static io.tidegate.examples.pageserver.tenant.TestTenants.TENANT;
import static io.tidegate.examples.pageserver.tenant.TestTenants.TIMELINE;
import static io.tidegate.examples.pageserver.tenant.TestTenants.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CloseReport;
import io.tidegate.Task;
import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.config.TenantConfig.Setting;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.storage.Disk;
import io.tidegate.examples.pageserver.storage.LayerRecord;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.tenant.RefusedException.Why;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import io.tidegate.testing.Fault;
import io.tidegate.testing.Faults;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How tenants and timelines come to be, work, and go, one operation at a time. */
@Timeout(300)
class TenantsTest {
  @TempDir
  Path folder;

  private Path here() {
    return folder.resolve("here");
  }

  @Test
  void create_thenFind_isActiveWithoutTimelines() throws Exception {
    try (TestTenants server = TestTenants.start(here())) {
      assertRefused(Why.NOT_FOUND, () -> server.tenants.find(TENANT));
      Tenant tenant = server.create();
      assertEquals(tenant, server.tenants.find(TENANT));
      assertTrue(tenant.state().value().isActive());
      assertRefused(Why.CONFLICT, server::create);
      assertRefused(Why.CONFLICT, () -> server.tenants.attach(TENANT));
      assertRefused(Why.NOT_FOUND, () -> tenant.timeline(TIMELINE));
      assertEquals(List.of(new Tenants.Entry(TENANT, State.ACTIVE, Optional.of(tenant))), server.tenants.list());
    }
  }

  @Test
  void find_beforeTheLoadAndDuringTheClose_neverSaysThatThereIsNone() throws Exception {
    TestTenants server = TestTenants.unloaded(here(), Disk.real());
    assertRefused(Why.UNAVAILABLE, () -> server.tenants.find(TENANT));
    assertRefused(Why.UNAVAILABLE, server::create);
    server.tenants.load();
    assertRefused(Why.NOT_FOUND, () -> server.tenants.find(TENANT));
    server.close();
    assertRefused(Why.UNAVAILABLE, () -> server.tenants.find(TENANT));
    assertRefused(Why.UNAVAILABLE, server::create);
  }

  @Test
  void createTimeline_twice_isRefused() throws Exception {
    try (TestTenants server = TestTenants.start(here())) {
      Timeline timeline = server.createTimeline();
      Tenant tenant = server.tenants.find(TENANT);
      assertEquals(timeline, tenant.timeline(TIMELINE));
      assertRefused(Why.CONFLICT, () -> tenant.createTimeline(timeline.metadata()));
      TimelineMetadata ofAnother = TimelineMetadata.of(new TenantId(9, 9), BRANCH, SampleRecords.START);
      assertRefused(Why.INVALID, () -> tenant.createTimeline(ofAnother));
    }
  }

  @Test
  void branchTimeline_keepsItsAncestor() throws Exception {
    try (TestTenants server = TestTenants.start(here())) {
      Timeline ancestor = server.createTimeline();
      TestTenants.put(ancestor, 3);
      Tenant tenant = server.tenants.find(TENANT);
      Timeline branch = tenant.branchTimeline(BRANCH, TIMELINE, Optional.empty());
      assertEquals(ancestor.lastRecordLsn(), branch.lastRecordLsn());
      assertEquals(TIMELINE, branch.metadata().branchPoint().orElseThrow().timelineId());
      assertRefused(Why.PRECONDITION, () -> tenant.deleteTimeline(TIMELINE));

      Lsn tooFar = ancestor.lastRecordLsn().plus(1);
      TimelineId other = new TimelineId(7, 8);
      assertRefused(Why.INVALID, () -> tenant.branchTimeline(other, TIMELINE, Optional.of(tooFar)));
      assertRefused(Why.NOT_FOUND, () -> tenant.branchTimeline(BRANCH, other, Optional.empty()));

      tenant.deleteTimeline(BRANCH).join();
      tenant.deleteTimeline(TIMELINE).join();
      assertRefused(Why.NOT_FOUND, () -> tenant.timeline(TIMELINE));
      assertTrue(tenant.state().value().isActive());
    }
  }

  @Test
  void start_onWhatAnOrderlyCloseLeft_hasItAll() throws Exception {
    Lsn end;
    TenantConfig config = TenantConfig.EMPTY.with(Setting.GC_PERIOD, "30s");
    try (TestTenants server = TestTenants.start(here())) {
      Timeline timeline = server.createTimeline();
      TestTenants.put(timeline, 10);
      server.tenants.find(TENANT).configure(config);
      server.tenants.find(TENANT).branchTimeline(BRANCH, TIMELINE, Optional.empty());
      end = timeline.lastRecordLsn();
      CloseReport report = server.closeInOrder();
      assertTrue(report.isOrderly(), report::toString);
    }
    try (TestTenants server = TestTenants.start(here())) {
      Tenant tenant = server.active(TENANT);
      assertEquals(config, tenant.config());
      assertEquals(Duration.ofSeconds(30), tenant.effectiveConfig().duration(Setting.GC_PERIOD));
      assertEquals(end, tenant.timeline(TIMELINE).lastRecordLsn());
      assertEquals(end, tenant.timeline(BRANCH).metadata().startLsn());
      assertEquals(List.of(TIMELINE, BRANCH), tenant.timelines().stream().map(TimelineSlot::id).toList());
      assertRefused(Why.PRECONDITION, () -> tenant.deleteTimeline(TIMELINE));
    }
  }

  @Test
  void load_ofADamagedTimeline_breaksThatOneOnly() throws Exception {
    try (TestTenants server = TestTenants.start(here())) {
      TestTenants.put(server.createTimeline(), 1);
      server.tenants.find(TENANT).branchTimeline(BRANCH, TIMELINE, Optional.empty());
      server.closeInOrder();
    }
    Files.writeString(here().resolve(TENANT.toString()).resolve(BRANCH.toString()).resolve("metadata"), "nonsense");
    try (TestTenants server = TestTenants.start(here())) {
      Tenant tenant = server.active(TENANT);
      tenant.timeline(TIMELINE);
      assertRefused(Why.BROKEN, () -> tenant.timeline(BRANCH));
      tenant.deleteTimeline(BRANCH).join();
      assertRefused(Why.NOT_FOUND, () -> tenant.timeline(BRANCH));
      CloseReport report = server.closeInOrder();
      assertTrue(report.isOrderly(), report::toString);
    }
  }

  @Test
  void detach_thenAttachElsewhere_hasEqualRecords() throws Exception {
    Path elsewhere = folder.resolve("elsewhere");
    List<LayerRecord> records;
    TenantConfig config = TenantConfig.EMPTY.with(Setting.CHECKPOINT_DISTANCE, "1000");
    try (TestTenants server = TestTenants.start(here())) {
      server.tenants.create(TENANT, config);
      Timeline timeline = server.tenants.find(TENANT)
          .createTimeline(TimelineMetadata.of(TENANT, TIMELINE, SampleRecords.START));
      TestTenants.put(timeline, 10);
      server.tenants.find(TENANT).branchTimeline(BRANCH, TIMELINE, Optional.empty());
      server.closeInOrder();
    }
    records = TestTenants.records(here().resolve(TENANT.toString()).resolve(TIMELINE.toString()));
    assertFalse(records.isEmpty());
    try (TestTenants server = TestTenants.start(here())) {
      server.active(TENANT);
      server.tenants.detach(TENANT, TestTenants.BUDGET);
      assertRefused(Why.NOT_FOUND, () -> server.tenants.find(TENANT));
      assertEquals(List.of(), TestTenants.files(here()));
      assertRefused(Why.CONFLICT, server::create);
    }
    try (TestTenants server = TestTenants.start(elsewhere)) {
      server.tenants.attach(TENANT);
      Tenant tenant = server.active(TENANT);
      assertEquals(config, tenant.config());
      assertEquals(TIMELINE, tenant.timeline(BRANCH).metadata().branchPoint().orElseThrow().timelineId());
      Timeline timeline = tenant.timeline(TIMELINE);
      Await.until("it knows what is remote", () -> timeline.remoteConsistentLsn().equals(timeline.lastRecordLsn()));
      server.closeInOrder();
    }
    assertEquals(records, TestTenants.records(elsewhere.resolve(TENANT.toString()).resolve(TIMELINE.toString())));
  }

  @Test
  void attach_ofWhatIsNowhere_isBrokenAndCanBeDetached() throws Exception {
    try (TestTenants server = TestTenants.start(here())) {
      Tenant tenant = server.tenants.attach(TENANT);
      Await.until("it is broken", () -> tenant.state().value().phase() == State.Phase.BROKEN);
      assertRefused(Why.BROKEN, () -> tenant.timeline(TIMELINE));
      server.tenants.detach(TENANT, Duration.ZERO);
      assertRefused(Why.NOT_FOUND, () -> server.tenants.find(TENANT));
    }
  }

  @Test
  void delete_leavesNothingAnywhere() throws Exception {
    try (TestTenants server = TestTenants.start(here())) {
      TestTenants.put(server.createTimeline(), 5);
      server.tenants.delete(TENANT);
      assertRefused(Why.NOT_FOUND, () -> server.tenants.find(TENANT));
      assertRefused(Why.NOT_FOUND, () -> server.tenants.delete(TENANT));
      assertEquals(List.of(), TestTenants.files(folder));
      server.createTimeline();
    }
  }

  @Test
  void deleteTimeline_leavesNothingAnywhereButTheTenant() throws Exception {
    try (TestTenants server = TestTenants.start(here())) {
      Timeline timeline = server.createTimeline();
      TestTenants.put(timeline, 5);
      Tenant tenant = server.tenants.find(TENANT);
      Task<?> deletion = tenant.deleteTimeline(TIMELINE);
      assertTrue(timeline.scope().isClosed());
      deletion.join();
      assertEquals(Task.State.SUCCEEDED, deletion.state());
      assertRefused(Why.NOT_FOUND, () -> tenant.timeline(TIMELINE));
      assertFalse(Files.exists(server.timelineFolder()));
      Await.until("the configuration is uploaded", () ->
          TestTenants.uploaded(folder.resolve("remote")).equals(List.of("tenants/" + TENANT + "/config")));
    }
  }

  @Test
  void attachElsewhere_ofATimelineBeingDeleted_goesOnWithThat() throws Exception {
    Path remote = folder.resolve("remote");
    Fault stuck = Faults.at("timeline.delete.before-files").pause();
    try (TestTenants server = TestTenants.start(here())) {
      server.createTimeline();
      Await.until("timeline and tenant are in the remote store", () -> TestTenants.uploaded(remote).size() == 2);
      server.tenants.find(TENANT).deleteTimeline(TIMELINE);
      stuck.awaitReached();
    }
    stuck.close();
    assertEquals(2, TestTenants.files(remote).size());
    try (TestTenants elsewhere = TestTenants.start(folder.resolve("elsewhere"))) {
      elsewhere.tenants.attach(TENANT);
      Tenant tenant = elsewhere.active(TENANT);
      Await.until("it is gone", () -> tenant.timelines().isEmpty());
      assertEquals(List.of("tenants/" + TENANT + "/config"), TestTenants.uploaded(remote));
    }
  }
}
