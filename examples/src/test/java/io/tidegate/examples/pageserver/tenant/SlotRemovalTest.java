// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import static io.tidegate.examples.pageserver.tenant.TestTenants.TENANT;
import static io.tidegate.examples.pageserver.tenant.TestTenants.TIMELINE;
import static io.tidegate.examples.pageserver.tenant.TestTenants.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import io.tidegate.Task;
import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.LogLines;
import io.tidegate.examples.pageserver.source.FakeSource;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.tenant.RefusedException.Why;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import io.tidegate.examples.pageserver.walreceiver.SelectionRules;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is deleted leaves no replication slot on its sources, and waits for no source for ever. */
@Timeout(300)
class SlotRemovalTest {
  private static final SelectionRules PATIENT = new SelectionRules(Duration.ofMinutes(1), Duration.ofSeconds(1), 1 << 30);

  @TempDir
  Path folder;

  private final FakeSource primary = new FakeSource("primary:1", SampleRecords.START, SampleRecords.log(5, 100));
  private final FakeSource standby = new FakeSource("standby:2", SampleRecords.START, SampleRecords.log(5, 100));
  private LogLines log;

  @BeforeEach
  void catchLog() {
    log = new LogLines();
  }

  @AfterEach
  void releaseLog() {
    log.close();
  }

  private Timeline receiving(TestTenants server) throws Exception {
    Timeline timeline = server.create().createTimeline(
        TimelineMetadata.of(TENANT, TIMELINE, SampleRecords.START).withSource(1, 1, "its_slot"));
    for (FakeSource each : List.of(primary, standby)) {
      timeline.receiveFrom(each, PATIENT);
    }
    Await.until("it receives", () -> primary.openStreams() + standby.openStreams() == 1);
    return timeline;
  }

  private List<String> advice() {
    return log.lines(Level.WARN).stream().filter(each -> each.contains("pg_drop_replication_slot('its_slot')")).toList();
  }

  @Test
  void deleteTimeline_dropsItsSlotOnAllSources() throws Exception {
    try (TestTenants server = TestTenants.start(folder.resolve("here"))) {
      receiving(server);
      server.tenants.find(TENANT).deleteTimeline(TIMELINE).join();
      assertEquals(List.of("its_slot"), primary.dropped());
      assertEquals(List.of("its_slot"), standby.dropped());
    }
    assertEquals(List.of(), log.lines(Level.WARN));
  }

  @Test
  void deleteTenant_dropsTheSlotsOfItsTimelines() throws Exception {
    try (TestTenants server = TestTenants.start(folder.resolve("here"))) {
      receiving(server);
      server.tenants.delete(TENANT);
      assertEquals(List.of("its_slot"), primary.dropped());
      assertEquals(List.of("its_slot"), standby.dropped());
    }
  }

  /** It may be attached elsewhere, and go on receiving there. */
  @Test
  void detach_leavesTheSlots() throws Exception {
    try (TestTenants server = TestTenants.start(folder.resolve("here"))) {
      receiving(server);
      server.tenants.detach(TENANT, TestTenants.BUDGET);
      assertEquals(List.of(), primary.dropped());
    }
  }

  @Test
  void sourceThatComesBack_hasItsSlotDropped() throws Exception {
    try (TestTenants server = TestTenants.start(folder.resolve("here"))) {
      receiving(server);
      primary.setDown(true);
      Task<?> deletion = server.tenants.find(TENANT).deleteTimeline(TIMELINE);
      Await.until("it was tried", () -> !log.lines(Level.INFO).stream()
          .filter(each -> each.contains("dropping the replication slot its_slot on primary:1")).toList().isEmpty());
      primary.setDown(false);
      deletion.join();
      assertEquals(List.of("its_slot"), primary.dropped());
    }
    assertEquals(List.of(), advice());
  }

  @Test
  void sourceThatNeverAnswers_isGivenUpWithAdvice() throws Exception {
    try (TestTenants server = TestTenants.start(folder.resolve("here"))) {
      Timeline timeline = receiving(server);
      timeline.scope().close();
      primary.fallSilent();
      standby.setDown(true);
      new SlotRemoval(Duration.ofMillis(1)).run(server.server, List.of(timeline));
      assertEquals(2, advice().size(), advice()::toString);
    }
  }

  /** The other source does not wait for the one that hangs; the deletion goes on after the start. */
  @Test
  void deletionThatIsCutOff_givesAdvice_andGoesOnAfterTheStart() throws Exception {
    try (TestTenants server = TestTenants.start(folder.resolve("here"))) {
      receiving(server);
      primary.fallSilent();
      server.tenants.find(TENANT).deleteTimeline(TIMELINE);
      Await.until("the other slot is dropped", () -> standby.dropped().equals(List.of("its_slot")));
    }
    assertEquals(1, advice().size());
    assertTrue(advice().getFirst().contains("primary:1"), advice()::toString);
    try (TestTenants server = TestTenants.start(folder.resolve("here"))) {
      Tenant tenant = server.active(TENANT);
      Await.until("it is gone", () -> tenant.timelines().isEmpty());
      assertRefused(Why.NOT_FOUND, () -> tenant.timeline(TIMELINE));
    }
    assertEquals(List.of(), log.lines(Level.ERROR));
  }
}
