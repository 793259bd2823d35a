// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import io.tidegate.CancellationToken;
import io.tidegate.ClosedException;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.LogLines;
import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.tenant.RefusedException.Why;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import io.tidegate.examples.pageserver.wal.WalRecord;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many callers do everything to few tenants, through several starts: each call succeeds or is refused for a reason. */
@Timeout(300)
class TenantChurnTest {
  private static final int STARTS = 4;
  private static final int CALLERS = 6;
  private static final int CALLS = 25;
  private static final int TENANTS = 3;
  private static final int TIMELINES = 3;

  @TempDir
  Path folder;

  private final List<WalRecord> wal = SampleRecords.plain(20, 100);
  private final ConcurrentMap<Timeline, ReentrantLock> writers = new ConcurrentHashMap<>();

  @Test
  void calls_ofAllSorts_succeedOrAreRefused_andEachStartFindsWhatIsThere() throws Exception {
    try (LogLines log = new LogLines()) {
      for (int start = 0; start < STARTS; start++) {
        try (TestTenants server = TestTenants.start(folder.resolve("here"))) {
          churn(server, start);
          assertTrue(server.closeInOrder().isOrderly());
          assertEquals(List.of(), server.server.tasks());
        }
      }
      checkFiles();
      assertEquals(List.of(), log.matching(each -> each.getLevel() == Level.ERROR && !isAttachOfNothing(each)));
    }
  }

  /** A tenant that another caller has deleted, before or meanwhile: it is broken until it is detached. */
  private static boolean isAttachOfNothing(ILoggingEvent event) {
    IThrowableProxy thrown = event.getThrowableProxy();
    return thrown != null && isAttachOfNothing(thrown.getMessage());
  }

  private static boolean isAttachOfNothing(String said) {
    return said.contains(" is not in ");
  }

  private void churn(TestTenants server, int start) throws Exception {
    try (Scope callers = Scope.root("callers"); Scope block = callers.fanOut("calls")) {
      for (int caller = 0; caller < CALLERS; caller++) {
        Random random = new Random(start * CALLERS + caller);
        block.spawn(Kind.WORKLOAD, token -> {
          for (int i = 0; i < CALLS; i++) {
            call(server, random);
          }
        });
      }
      block.join();
    }
  }

  private void call(TestTenants server, Random random) throws Exception {
    TenantId tenant = new TenantId(1, random.nextInt(TENANTS));
    TimelineId timeline = new TimelineId(2, random.nextInt(TIMELINES));
    try {
      switch (random.nextInt(12)) {
        case 0, 1 -> server.tenants.create(tenant, TenantConfig.EMPTY);
        case 2 -> server.tenants.attach(tenant);
        case 3 -> server.tenants.detach(tenant, TestTenants.BUDGET);
        case 4 -> server.tenants.delete(tenant);
        case 5 -> server.active(tenant).deleteTimeline(timeline);
        case 6 -> server.active(tenant).branchTimeline(
            new TimelineId(2, random.nextInt(TIMELINES)), timeline, Optional.empty());
        case 7, 8 -> server.active(tenant).createTimeline(
            TimelineMetadata.of(tenant, timeline, SampleRecords.START));
        default -> write(server.active(tenant).timeline(timeline));
      }
    } catch (RefusedException refused) {
      assertNotEquals(Why.INVALID, refused.why(), refused::toString);
    } catch (ClosedException closed) {
      assertTrue(closed.getMessage() != null, closed::toString);
    } catch (IllegalStateException late) {
      assertTrue(String.valueOf(late.getMessage()).contains("came after the last freeze"), late::toString);
    }
  }

  /** The next record only, as of another writer's it may be refused that it does not follow. */
  private void write(Timeline timeline) throws Exception {
    Lsn last = timeline.lastRecordLsn();
    Optional<WalRecord> next = wal.stream().filter(each -> last.isBefore(each.end())).findFirst();
    if (next.isPresent()) {
      ReentrantLock writing = writers.computeIfAbsent(timeline, key -> new ReentrantLock()); // no monitor: a put may wait
      writing.lock();
      try {
        if (timeline.lastRecordLsn().equals(last)) {
          timeline.put(next.get(), CancellationToken.none());
        }
      } finally {
        writing.unlock();
      }
    }
  }

  private void checkFiles() throws Exception {
    try (TestTenants server = TestTenants.start(folder.resolve("here"))) {
      for (Tenants.Entry each : server.tenants.list()) {
        Tenant tenant = each.tenant().orElseThrow();
        State state = tenant.state().await(now -> !now.isComing(), CancellationToken.none());
        assertTrue(state.isActive() || isAttachOfNothing(state.toString()), state::toString);
        for (TimelineSlot slot : tenant.timelines()) {
          assertTrue(slot.state().value().isActive(), slot::toString);
        }
      }
    }
  }
}
