// SPDX-License-Identifier: Apache-2.0
package io.tidegate.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.AttributeKey;
import io.tidegate.KnownJvm;
import io.tidegate.Scope;
import io.tidegate.TaskKind;
import io.tidegate.carrier.CarrierPool;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.jfr.FlightRecorder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** P6: CPU per kind and per attribute from samples, of tasks whose shares of the work are known by count. */
class CpuSamplingTest {
  private static final AttributeKey<String> TENANT = new AttributeKey<>("tenant_id", String.class);
  private static final AttributeKey<Integer> SHARD = new AttributeKey<>("shard", Integer.class);
  private static final Duration PERIOD = Duration.ofMillis(2);
  /** Of two rows that stand 3 to 1 the larger one has more then, by five standard errors; some samples have no thread. */
  private static final long ENOUGH = 120;
  private static final long TURNS = 5_000_000;
  /** Only turns a hang into a failure. */
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private volatile long sink;

  private record Kind(String name, CarrierPool pool) implements TaskKind {}

  /** Each turn costs the same: the compiler cannot make one of several. */
  private void burn(long turns) {
    long x = sink | 1;
    for (long i = 0; i < turns; i++) {
      x ^= x << 13;
      x ^= x >>> 7;
      x ^= x << 17;
    }
    sink = x;
  }

  private static CarrierPool pool(String sort) {
    return sort.equals("platform") ? CarrierPool.platform("cpu", 2) : CarrierPool.named("cpu", 2);
  }

  private static CpuShare row(List<CpuShare> table, String name) {
    return table.stream()
        .filter(row -> row.name().equals(name))
        .findFirst()
        .orElse(new CpuShare(name, 0, Duration.ZERO, 0));
  }

  private static long samples(CpuSampling sampling, String kind) {
    return row(sampling.shares().kinds(), kind).samples();
  }

  private static void assertMore(List<CpuShare> table, String large, String small) {
    assertTrue(row(table, large).samples() > row(table, small).samples(), table::toString);
    assertTrue(row(table, small).samples() > 0, table::toString);
  }

  /** Whether this JVM has an event; fails if it lacks one that it is known to have, or has got one. */
  private static boolean isThere(SampleEvent event) {
    boolean there = event != SampleEvent.CPU_TIME || SampleEvent.best() == event;
    assertEquals(event != SampleEvent.CPU_TIME || KnownJvm.samplesCpuTime(), there, event::eventName);
    return there;
  }

  /** Short tasks, long over when their samples come; on a platform thread one after another. */
  @ParameterizedTest
  @CsvSource({"CPU_TIME, named", "CPU_TIME, platform", "EXECUTION, named", "EXECUTION, platform"})
  void moreWorkHasTheLargerShare(SampleEvent event, String sort) throws Exception {
    if (!isThere(event)) {
      return;
    }
    try (CarrierPool pool = pool(sort);
        Scope root = Scope.root("server");
        CpuSampling sampling = CpuSampling.start(event, root, PERIOD, TENANT, SHARD)) {
      Kind compaction = new Kind("compaction", pool);
      Kind flush = new Kind("flush", pool);
      Scope first = root.newChild("tenant").with(TENANT, "one").with(SHARD, 1).open();
      Scope second = root.newChild("tenant").with(TENANT, "two").open();
      while (samples(sampling, "compaction") + samples(sampling, "flush") < ENOUGH) {
        first.spawn(compaction, token -> burn(3 * TURNS)).join();
        second.spawn(flush, token -> burn(TURNS)).join();
      }
      CpuShares shares = sampling.shares();
      assertEquals(event.eventName(), shares.event());
      assertMore(shares.kinds(), "compaction", "flush");
      assertMore(shares.of(TENANT), "one", "two");
      assertMore(shares.of(SHARD), "1", "(none)");
    }
  }

  /** One task ran before the sampling began, and runs at its end still; both are seen as they run. */
  @ParameterizedTest
  @ValueSource(strings = {"named", "platform"})
  void tasksThatRunAlreadyAreSeen(String sort) throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    CountDownLatch runs = new CountDownLatch(1);
    try (CarrierPool pool = pool(sort);
        Scope root = Scope.root("server")) {
      Scope tenant = root.newChild("tenant").with(TENANT, "one").open();
      tenant.spawn(new Kind("ingest", pool), token -> {
        runs.countDown();
        while (!stop.get()) {
          burn(TURNS);
        }
      });
      runs.await();
      try (CpuSampling sampling = CpuSampling.start(root, PERIOD, TENANT)) {
        while (samples(sampling, "ingest") < 50) {
          Thread.onSpinWait();
        }
        assertNotEquals(0, row(sampling.shares().of(TENANT), "one").samples());
      } finally {
        stop.set(true);
      }
    }
  }

  @Test
  void nothingIsRecordedBeforeTheStartAndAfterTheClose() throws Exception {
    assertEquals(List.of(), FlightRecorder.getFlightRecorder().getRecordings());
    try (Scope root = Scope.root("server")) {
      CpuSampling sampling = CpuSampling.start(root, PERIOD);
      assertEquals(1, FlightRecorder.getFlightRecorder().getRecordings().size());
      sampling.close();
      assertEquals(List.of(), FlightRecorder.getFlightRecorder().getRecordings());
      CpuShares last = sampling.shares();
      root.spawn(new Kind("late", CarrierPool.shared()), token -> burn(TURNS)).join();
      sampling.close();
      assertEquals(last, sampling.shares());
    }
  }

  @Test
  void aStartThatFailsLeavesNoRecording() {
    try (Scope root = Scope.root("server")) {
      assertThrows(IllegalArgumentException.class, () -> CpuSampling.start(root, Duration.ZERO));
      assertThrows(IllegalArgumentException.class, () -> CpuSampling.start(root, Duration.ofMinutes(1)));
    }
    assertEquals(List.of(), FlightRecorder.getFlightRecorder().getRecordings());
  }

  @Test
  void theTableTellsTheEventAndTheRows() {
    CpuShare large = new CpuShare("compaction", 75, Duration.ofMillis(750), 0.75);
    CpuShare small = new CpuShare("(no task)", 25, Duration.ofMillis(250), 0.25);
    CpuShares shares =
        new CpuShares("jdk.CPUTimeSample", Duration.ofMillis(10), 3, List.of(large, small), Map.of());
    assertEquals(
        """
        jdk.CPUTimeSample every 10 ms: 100 samples, 3 lost
        kind         samples      CPU ms   share
        compaction        75         750  75.0 %
        (no task)         25         250  25.0 %
        """,
        shares.toString());
  }

  /** What was lost is in no row: many short threads, with a short period, make the JDK drop samples. */
  @Test
  void samplesThatTheJdkDropsAreCounted() throws Exception {
    if (!isThere(SampleEvent.CPU_TIME)) {
      return; // the older one does not tell
    }
    try (CarrierPool pool = pool("named");
        Scope root = Scope.root("server");
        CpuSampling sampling = CpuSampling.start(root, Duration.ofMillis(1))) {
      Kind shortOnes = new Kind("short", pool);
      long deadline = System.nanoTime() + LIMIT.toNanos();
      while (sampling.shares().lost() == 0 && System.nanoTime() - deadline < 0) {
        for (int i = 0; i < 1000; i++) {
          root.spawn(shortOnes, token -> burn(1000));
        }
        root.join();
      }
      assertNotEquals(0, sampling.shares().lost());
    }
  }

  @Test
  void sampling() throws Exception {
    Scope server = Scope.root("pageserver");
    // @start region="sampling"
    try (CpuSampling sampling = CpuSampling.start(server, Duration.ofMillis(10), TENANT)) {
      server.spawn(new Kind("compaction", CarrierPool.shared()), token -> burn(TURNS)).join();
      System.out.print(sampling.shares()); // at any time, as a table
    }
    // @end
    server.close();
  }
}
