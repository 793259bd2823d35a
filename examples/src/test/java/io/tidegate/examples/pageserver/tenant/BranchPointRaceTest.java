// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import static io.tidegate.examples.pageserver.tenant.TestTenants.BRANCH;
import static io.tidegate.examples.pageserver.tenant.TestTenants.TENANT;
import static io.tidegate.examples.pageserver.tenant.TestTenants.TIMELINE;
import static io.tidegate.examples.pageserver.tenant.TestTenants.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CancellationToken;
import io.tidegate.Task;
import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.config.TenantConfig.Setting;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.tenant.RefusedException.Why;
import io.tidegate.examples.pageserver.timeline.GcResult;
import io.tidegate.examples.pageserver.timeline.LayerInfo;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import io.tidegate.examples.pageserver.wal.WalRecord;
import io.tidegate.testing.Fault;
import io.tidegate.testing.Faults;
import io.tidegate.testing.LeakCheck;
import java.nio.ByteBuffer;
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

/** A branch and a garbage collection of its ancestor, in every order: it has its pages, or it is refused. */
@Timeout(300)
@ExtendWith(LeakCheck.class)
class BranchPointRaceTest {
  private static final List<WalRecord> RECORDS = SampleRecords.images(12, 2);
  /** In the middle, where a later version replaces each page. */
  private static final Lsn POINT = RECORDS.get(5).end();
  private static final TenantConfig CONFIG = TenantConfig.EMPTY
      .with(Setting.COMPACTION_PERIOD, "0s")
      .with(Setting.GC_PERIOD, "0s")
      .with(Setting.PITR_INTERVAL, "0s");

  @TempDir
  Path folder;

  private TestTenants server;
  private Tenant tenant;
  private Timeline ancestor;

  @BeforeEach
  void start() throws Exception {
    server = TestTenants.start(folder.resolve("here"));
    tenant = server.tenants.create(TENANT, CONFIG);
    ancestor = tenant.createTimeline(TimelineMetadata.of(TENANT, TIMELINE, SampleRecords.START));
    SampleRecords.ingest(ancestor, RECORDS);
    ancestor.checkpointNow();
    ancestor.compactNow();
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void branch_thatWasThere_keepsItsPages() throws Exception {
    Timeline branch = tenant.branchTimeline(BRANCH, TIMELINE, Optional.of(POINT));
    List<ByteBuffer> before = pages(branch);
    collect();
    assertEquals(before, pages(branch));
    assertRefused(Why.INVALID, () -> tenant.branchTimeline(new TimelineId(7, 8), TIMELINE,
        Optional.of(RECORDS.get(3).end())));

    tenant.deleteTimeline(BRANCH).join();
    assertEquals(1, collect().layersRemoved()); // what only the branch had needed
    assertEquals(List.of(RECORDS.size() - 2, RECORDS.size() - 1), numbers(ancestor, RECORDS.getLast().end()));
  }

  @Test
  void branch_afterTheCutoffWasRaised_isRefused() throws Exception {
    try (Fault pause = Faults.at("gc.cutoff-raised").pause()) {
      Task<GcResult> collection = server.server.fork(Kind.MANAGEMENT_REQUEST, token -> collect());
      pause.awaitReached();
      assertRefused(Why.INVALID, () -> tenant.branchTimeline(BRANCH, TIMELINE, Optional.of(POINT)));
      assertRefused(Why.NOT_FOUND, () -> tenant.timeline(BRANCH));
      pause.resume();
      collection.join();
      assertEquals(1, collection.result().layersRemoved()); // what was refused keeps nothing
    }
    Timeline branch = tenant.branchTimeline(BRANCH, TIMELINE, Optional.of(ancestor.gcCutoff()));
    assertEquals(List.of(RECORDS.size() - 2, RECORDS.size() - 1), numbers(branch, branch.lastRecordLsn()));
  }

  @Test
  void branch_thatIsRegisteredBeforeTheCutoffIsRaised_andLooksAfter_isRefused() throws Exception {
    try (Fault pause = Faults.at("timeline.branch.registered").pause()) {
      Task<Timeline> branching = branching();
      pause.awaitReached();
      collect();
      pause.resume();
      branching.join();
      RefusedException refused = assertInstanceOf(RefusedException.class, branching.exception().orElseThrow());
      assertEquals(Why.INVALID, refused.why());
    }
    long kept = bytes(); // for a branch that might have come
    collect();
    assertTrue(bytes() < kept, bytes() + " bytes, and before " + kept);
  }

  @Test
  void branch_thatHasLooked_keepsItsPages_thoughItIsNotThereYet() throws Exception {
    List<Integer> atPoint = numbers(ancestor, POINT);
    try (Fault pause = Faults.at("timeline.create.before").pause()) {
      Task<Timeline> branching = branching();
      pause.awaitReached();
      collect();
      assertEquals(RECORDS.getLast().end(), ancestor.gcCutoff());
      pause.resume();
      branching.join();
      assertEquals(atPoint, numbers(branching.result(), POINT));
    }
  }

  private Task<Timeline> branching() {
    return server.server.fork(
        Kind.MANAGEMENT_REQUEST, token -> tenant.branchTimeline(BRANCH, TIMELINE, Optional.of(POINT)));
  }

  private GcResult collect() throws Exception {
    return tenant.collectGarbageNow(TIMELINE, OptionalLong.of(0));
  }

  private long bytes() {
    return ancestor.layers().stream().mapToLong(LayerInfo::bytes).sum();
  }

  private static List<ByteBuffer> pages(Timeline branch) throws Exception {
    Lsn end = branch.lastRecordLsn();
    return List.of(
        branch.page(SampleRecords.page(0), end, CancellationToken.none()),
        branch.page(SampleRecords.page(1), end, CancellationToken.none()));
  }

  private static List<Integer> numbers(Timeline timeline, Lsn lsn) throws Exception {
    return List.of(
        timeline.page(SampleRecords.page(0), lsn, CancellationToken.none()).getInt(SampleRecords.NUMBER_AT),
        timeline.page(SampleRecords.page(1), lsn, CancellationToken.none()).getInt(SampleRecords.NUMBER_AT));
  }
}
