// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import io.tidegate.CancellationToken;
import io.tidegate.CloseReport;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.carrier.CarrierPool;
import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.LogLines;
import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.storage.Disk;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.task.Pools;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import io.tidegate.examples.pageserver.wal.WalRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many tenants in one process: creating, ingesting, closing one timeline, closing all, loading all and attaching all.
 *
 * <p>Timelines are closed one by one with all tenants there and with ten: the medians may be compared.
 *
 * <p>{@code -Dscale.tenants=1000 -Dscale.timelines=5 -Dscale.records=100} makes it large; the times and the memory are printed.
 */
@Timeout(1800)
class ScaleTest {
  private static final int TENANTS = Integer.getInteger("scale.tenants", 20);
  private static final int TIMELINES = Integer.getInteger("scale.timelines", 5);
  private static final int RECORDS = Integer.getInteger("scale.records", 20);
  private static final int FEW_TENANTS = 10;
  /** How many timelines are closed one by one, the first of them to warm up. */
  private static final int CLOSES = 50;
  private static final int WARM_UP = 20;
  private static final Duration BUDGET = Duration.ofMinutes(10);

  @TempDir
  Path folder;

  private final List<WalRecord> wal = SampleRecords.plain(RECORDS, 1_000);
  private final StringBuilder table = new StringBuilder();

  private interface Each<T> {
    void run(T item) throws Exception;
  }

  @Test
  void manyTenants_comeAndGo() throws Exception {
    try (LogLines quiet = new LogLines()) {
      createIngestAndClose();
      closeAmongFew();
      load();
      attachElsewhere();
      assertEquals(List.of(), quiet.lines(Level.ERROR));
    } finally {
      System.out.print(TENANTS + " tenants with " + TIMELINES + " timelines and " + RECORDS + " records each\n" + table);
    }
  }

  private void createIngestAndClose() throws Exception {
    try (TestTenants server = TestTenants.start(folder.resolve("here"))) {
      measure("create all", () -> create(server, TENANTS));
      List<Timeline> all = server.tenants.timelines();
      assertEquals(TENANTS * TIMELINES, all.size());
      measure("ingest into all", () -> sideBySide(server.server, all, this::ingest));
      memory(server.server);
      closeSome("of " + TENANTS + " tenants", all.subList(0, all.size() - 1));
      assertTrue(all.getLast().scope().tasks().size() > 1, "the others go on");
      closeAll(server);
    }
  }

  private void closeAmongFew() throws Exception {
    try (TestTenants server = TestTenants.start(folder.resolve("few").resolve("here"))) {
      create(server, FEW_TENANTS);
      List<Timeline> all = server.tenants.timelines();
      sideBySide(server.server, all, this::ingest);
      awaitNoFiles(server.server);
      closeSome("of " + FEW_TENANTS + " tenants", all);
    }
  }

  /** One by one; they stand in the order of their ids, and so several are of one tenant. */
  private void closeSome(String where, List<Timeline> timelines) {
    List<Timeline> some = timelines.subList(0, Math.min(CLOSES, timelines.size()));
    int warmUp = some.size() * WARM_UP / CLOSES;
    long[] nanos = some.stream().mapToLong(ScaleTest::closeOne).skip(warmUp).sorted().toArray();
    table.append(String.format(
        "%-24s %9.1f ms, the median of %d; %s%n", "close one timeline", nanos[nanos.length / 2] / 1e6, nanos.length, where));
  }

  private boolean create(TestTenants server, int tenants) throws Exception {
    List<TenantId> ids = new ArrayList<>();
    for (int i = 1; i <= tenants; i++) {
      ids.add(new TenantId(i, i));
    }
    return sideBySide(server.server, ids, id -> {
      Tenant tenant = server.tenants.create(id, TenantConfig.EMPTY);
      for (int i = 1; i <= TIMELINES; i++) {
        tenant.createTimeline(TimelineMetadata.of(id, new TimelineId(id.high(), i), SampleRecords.START));
      }
    });
  }

  private void ingest(Timeline timeline) throws Exception {
    SampleRecords.ingest(timeline, wal);
  }

  /** {@return how long it took, in nanoseconds} */
  private static long closeOne(Timeline timeline) {
    long begun = System.nanoTime();
    CloseReport report = timeline.scope().closeGracefully(BUDGET);
    long took = System.nanoTime() - begun;
    assertTrue(report.isOrderly(), report::toString);
    assertEquals(timeline.lastRecordLsn(), timeline.remoteConsistentLsn());
    return took;
  }

  private void load() throws Exception {
    try (TestTenants server = TestTenants.unloaded(folder.resolve("here"), Disk.real())) {
      measure("load all", () -> {
        server.tenants.load();
        return awaitActive(server);
      });
      closeAll(server);
    }
  }

  private void attachElsewhere() throws Exception {
    try (TestTenants server = TestTenants.start(folder.resolve("elsewhere"))) {
      measure("attach all elsewhere", () -> {
        for (int i = 1; i <= TENANTS; i++) {
          server.tenants.attach(new TenantId(i, i));
        }
        return awaitActive(server);
      });
      measure("close all the hard way", () -> {
        server.server.close();
        return true;
      });
    }
  }

  private boolean awaitActive(TestTenants server) throws Exception {
    for (Tenants.Entry each : server.tenants.list()) {
      each.tenant().orElseThrow().awaitActive(BUDGET, CancellationToken.none());
    }
    for (Timeline each : server.tenants.timelines()) {
      assertEquals(wal.getLast().end(), each.lastRecordLsn());
    }
    assertEquals(TENANTS * TIMELINES, server.tenants.timelines().size());
    return true;
  }

  private void closeAll(TestTenants server) throws Exception {
    measure("close all in order", () -> {
      CloseReport report = server.server.closeGracefully(BUDGET);
      assertTrue(report.isOrderly());
      return true;
    });
    assertEquals(List.of(), server.server.tasks());
  }

  private static <T> boolean sideBySide(Scope server, List<T> items, Each<T> each) throws Exception {
    try (Scope block = server.fanOut("all")) {
      items.forEach(item -> block.spawn(Kind.WORKLOAD, token -> each.run(item)));
      block.join();
    }
    return true;
  }

  private void measure(String what, Callable<Boolean> step) throws Exception {
    long begun = System.nanoTime();
    assertTrue(step.call());
    table.append(String.format("%-24s %9.1f ms%n", what, (System.nanoTime() - begun) / 1e6));
  }

  private static void awaitNoFiles(Scope server) throws Exception {
    Await.until("nothing is being written", () -> server.tasks().stream()
        .map(Task::kind).map(kind -> kind.pool()).noneMatch(ScaleTest::isForFiles));
  }

  private void memory(Scope server) throws Exception {
    awaitNoFiles(server);
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    long used = runtime.totalMemory() - runtime.freeMemory();
    table.append(String.format("%-24s %9.1f MiB, %d tasks%n", "heap with all open", used / 1048576.0, server.tasks().size()));
    assertFalse(server.tasks().isEmpty());
  }

  private static boolean isForFiles(CarrierPool pool) {
    return pool == Pools.IO || pool == Pools.REMOTE;
  }
}
