// SPDX-License-Identifier: Apache-2.0
package io.tidegate.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** P6: samples find the task that ran on their thread at their time, whatever the order in which a recording tells. */
class TaskRunsTest {
  private static final long VIRTUAL = 1;
  private static final long WORKER = 2;
  private static final long FLUSH_TASK = 10;
  private static final long GC_TASK = 11;

  private final Totals totals = new Totals(2);
  private final TaskRuns runs = new TaskRuns(totals);

  private static Instant at(long second) {
    return Instant.ofEpochSecond(second);
  }

  private void flush(long threadId, long second) {
    runs.started(threadId, at(second), FLUSH_TASK, List.of("flush", "a"));
  }

  private void gc(long threadId, long second) {
    runs.started(threadId, at(second), GC_TASK, List.of("gc", "b"));
  }

  private void sample(long threadId, long second) {
    runs.sampled(threadId, at(second), 1_000_000);
  }

  private Map<String, Long> table(int label) {
    Map<String, Long> samples = new TreeMap<>();
    totals.table(label).forEach(row -> samples.put(row.name(), row.samples()));
    return samples;
  }

  @Test
  void aSampleOfARunningTaskIsCountedInEachTable() {
    flush(VIRTUAL, 1);
    sample(VIRTUAL, 2);
    runs.finished();
    assertEquals(Map.of("flush", 1L), table(0));
    assertEquals(Map.of("a", 1L), table(1));
  }

  @Test
  void samplesOfOneThreadGoToWhatRanThereAtTheTime() {
    sample(WORKER, 0);
    flush(WORKER, 1);
    sample(WORKER, 2);
    runs.ended(WORKER, at(3), FLUSH_TASK);
    sample(WORKER, 4);
    gc(WORKER, 5);
    sample(WORKER, 6);
    sample(WORKER, 7);
    sample(VIRTUAL, 6);
    runs.finished();
    assertEquals(Map.of("flush", 1L, "gc", 2L, "(no task)", 3L), table(0));
    assertEquals(Map.of("a", 1L, "b", 2L, "(no task)", 3L), table(1));
  }

  @Test
  void aSampleMayComeBeforeTheStartOfItsTask() {
    sample(VIRTUAL, 2);
    runs.flushed();
    assertEquals(Map.of(), table(0), "it waits for the next flush");
    flush(VIRTUAL, 1);
    runs.flushed();
    assertEquals(Map.of("flush", 1L), table(0));
  }

  @Test
  void aSampleMayComeOneFlushAfterTheEndOfItsTask() {
    flush(VIRTUAL, 1);
    runs.ended(VIRTUAL, at(3), FLUSH_TASK);
    runs.flushed();
    sample(VIRTUAL, 2);
    runs.flushed();
    runs.flushed();
    assertEquals(Map.of("flush", 1L), table(0));
  }

  @Test
  void aSampleMayComeAfterTheStartOfTheNextTaskOfItsThread() {
    flush(WORKER, 1);
    runs.ended(WORKER, at(3), FLUSH_TASK);
    gc(WORKER, 4);
    runs.flushed();
    sample(WORKER, 2);
    runs.flushed();
    runs.flushed();
    assertEquals(Map.of("flush", 1L), table(0));
  }

  /** The end of a virtual thread may be told by another carrier than its start. */
  @Test
  void anEndMayComeBeforeItsStart() {
    runs.ended(VIRTUAL, at(3), FLUSH_TASK);
    runs.flushed();
    flush(VIRTUAL, 1);
    sample(VIRTUAL, 2);
    sample(VIRTUAL, 4);
    runs.flushed();
    runs.flushed();
    assertEquals(Map.of("flush", 1L, "(no task)", 1L), table(0));
    runs.flushed();
    assertEquals(0, runs.size());
  }

  @Test
  void whatRunsAlreadyHasRunAllTheTime() {
    runs.runsAlready(WORKER, FLUSH_TASK, List.of("flush", "a"));
    sample(WORKER, 1);
    runs.ended(WORKER, at(2), FLUSH_TASK);
    sample(WORKER, 3);
    runs.finished();
    assertEquals(Map.of("flush", 1L, "(no task)", 1L), table(0));
  }

  @Test
  void whatWasSeenRunningAndHasTheStartInTheRecordingRunsFromThere() {
    runs.runsAlready(WORKER, FLUSH_TASK, List.of("flush", "a"));
    sample(WORKER, 1);
    flush(WORKER, 2);
    sample(WORKER, 3);
    runs.finished();
    assertEquals(Map.of("flush", 1L, "(no task)", 1L), table(0));
    assertEquals(1, runs.size());
  }

  @Test
  void endedTasksAreForgottenAndRunningOnesKept() {
    flush(VIRTUAL, 1);
    gc(WORKER, 1);
    runs.ended(VIRTUAL, at(2), FLUSH_TASK);
    runs.flushed();
    runs.flushed();
    assertEquals(2, runs.size());
    runs.flushed();
    assertEquals(1, runs.size());
    sample(WORKER, 9);
    runs.finished();
    assertEquals(Map.of("gc", 1L), table(0));
  }

  @Test
  void sharesArePartsOfAllCpuTimeTheLargestFirst() {
    totals.add(List.of("flush", "a"), 1_000_000);
    totals.add(List.of("gc", "a"), 5_000_000);
    totals.add(null, 2_000_000);
    totals.add(List.of("flush", "a"), 2_000_000);
    assertEquals(List.of("gc", "flush", "(no task)"), totals.table(0).stream().map(CpuShare::name).toList());
    assertEquals(List.of(0.5, 0.3, 0.2), totals.table(0).stream().map(CpuShare::share).toList());
    assertEquals(List.of(0.8, 0.2), totals.table(1).stream().map(CpuShare::share).toList());
    assertEquals(3_000_000, totals.table(0).get(1).cpuTime().toNanos());
  }
}
