// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CloseReport.Outcome;
import io.tidegate.CloseReport.Stage;
import io.tidegate.CloseReport.Step;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class CloseReportTest {
  private static final Duration LONG = Duration.ofDays(1);
  private static final int DEEP = 100_000;

  /** S8: the report of a graceful close reads from the top down in the order in which things came about. */
  @Test
  void toString_gracefulClose_printsWhatHappenedInOrder() {
    CountDownLatch stopped = new CountDownLatch(1);
    Scope tenant = Scope.root("tenant");
    Scope timeline = tenant.child("timeline");
    tenant.spawn(Work.READ, token -> stopped.await());
    tenant.onDrain("stop ingest", stopped::countDown);
    tenant.onClosed("close files", () -> {});
    timeline.onDrain("flush", () -> {
      throw new IOException("disk");
    });
    timeline.onClosed("release layers", () -> {});
    CloseReport report;
    try (Logs logs = Logs.of(Scope.class)) {
      report = tenant.closeGracefully(LONG);
      assertFalse(logs.messages().isEmpty());
    }
    assertEquals(
        """
        tenant  closed in T
          drain step "stop ingest"  done in T
          timeline  closed in T
            drain step "flush"  failed in T: java.io.IOException: disk
            close step "release layers"  done in T
          waited for READ-N, which left after T
          close step "close files"  done in T
        """,
        masked(report));
    assertFalse(report.isOrderly());
  }

  /** S8, G5: the report of a close that gave up names who is left, of each scope that is still open. */
  @Test
  void toString_gaveUp_namesWhoIsLeft() throws Exception {
    Scope tenant = Scope.root("tenant");
    Stubborn stubborn = Stubborn.in(tenant.child("timeline"));
    tenant.child("empty");
    CloseReport report = tenant.close(Duration.ZERO);
    assertEquals(
        """
        tenant  STILL CLOSING after T
          empty  closed in T
          timeline  STILL CLOSING after T
            LEFT INSIDE tenant/timeline: READ-N [READ], inside for T…
        """,
        masked(report).replaceAll("inside for T.*", "inside for T…"));
    assertFalse(report.isOrderly());
    stubborn.release();
    tenant.close();
  }

  /** S8: of many who were waited for, the last 32 are kept by name, the others are counted. */
  @Test
  void toString_manyWaitedFor_countsTheFirst() {
    Scope tenant = Scope.root("tenant");
    for (int i = 0; i < 40; i++) {
      tenant.spawn(Work.READ, CancellationToken::awaitCancelled);
    }
    CloseReport report = tenant.close(LONG);
    assertEquals(40, report.waitedForCount());
    assertEquals(32, report.waitedFor().size());
    List<String> lines = masked(report).lines().toList();
    assertEquals("  waited for 8 others before", lines.get(1));
    assertEquals("  waited for READ-N, which left after T", lines.get(2));
    assertEquals(34, lines.size());
  }

  /** S8: durations read as people write them. */
  @Test
  void toString_durations_areReadable() {
    List<Step> steps = new ArrayList<>();
    for (long micros : List.of(300L, 12_000L, 1_250_000L, 185_000_000L)) {
      steps.add(new Step(Stage.CLOSE, "s", Outcome.DONE, Duration.ofNanos(micros * 1_000), null));
    }
    steps.add(new Step(Stage.DRAIN, "d", Outcome.OVERRAN, Duration.ZERO, null));
    assertEquals(
        """
        root  closed in 3 min 6 s
          drain step "d"  overran in 0.0 ms
          close step "s"  done in 0.3 ms
          close step "s"  done in 12 ms
          close step "s"  done in 1.25 s
          close step "s"  done in 3 min 5 s
        """,
        report("root", true, steps, List.of()).toString());
  }

  /** S8: orderly means that all closed and all steps are done, below as well. */
  @Test
  void isOrderly_anyDepth_wantsAllClosedAndDone() {
    Step done = new Step(Stage.DRAIN, "d", Outcome.DONE, Duration.ZERO, null);
    Step overran = new Step(Stage.DRAIN, "d", Outcome.OVERRAN, Duration.ZERO, null);
    CloseReport good = report("root/good", true, List.of(done), List.of());
    assertTrue(report("root", true, List.of(done), List.of(good, good)).isOrderly());
    assertFalse(report("root", false, List.of(done), List.of(good)).isOrderly());
    CloseReport late = report("root/bad", true, List.of(done, overran), List.of());
    CloseReport open = report("root/bad", false, List.of(), List.of());
    for (CloseReport bad : List.of(late, open)) {
      CloseReport above = report("root/a", true, List.of(), List.of(bad));
      assertFalse(bad.isOrderly());
      assertFalse(report("root", true, List.of(), List.of(above, good)).isOrderly());
    }
  }

  /** T5: a tree of any depth can be compared, printed and judged. */
  @Test
  void report_deepTree_isAValue() {
    CloseReport deep = deepReport("leaf");
    CloseReport same = deepReport("leaf");
    CloseReport other = deepReport("other");
    assertTrue(deep.isOrderly());
    assertTrue(deep.equals(same), "equals");
    assertEquals(deep.hashCode(), same.hashCode());
    assertFalse(deep.equals(other), "equals");
    assertEquals(DEEP + 1, deep.toString().lines().count());
  }

  private static CloseReport deepReport(String leaf) {
    CloseReport report = report(leaf, true, List.of(), List.of());
    for (int i = 0; i < DEEP; i++) {
      report = report("x", true, List.of(), List.of(report));
    }
    return report;
  }

  /** T5: so can a snapshot. */
  @Test
  void snapshot_deepTree_isAValue() {
    ScopeSnapshot deep = deepSnapshot("leaf");
    ScopeSnapshot same = deepSnapshot("leaf");
    ScopeSnapshot other = deepSnapshot("other");
    assertTrue(deep.equals(same), "equals");
    assertEquals(deep.hashCode(), same.hashCode());
    assertFalse(deep.equals(other), "equals");
    assertEquals(DEEP + 1, deep.toString().lines().count());
  }

  private static ScopeSnapshot deepSnapshot(String leaf) {
    ScopeSnapshot snapshot = new ScopeSnapshot(leaf, "open", Map.of(), List.of(), List.of());
    for (int i = 0; i < DEEP; i++) {
      snapshot = new ScopeSnapshot("x", "open", Map.of(), List.of(), List.of(snapshot));
    }
    return snapshot;
  }

  /** Equal are trees of one shape alone: where the children stand counts. */
  @Test
  void equals_otherShape_differs() {
    CloseReport leaf = report("x", true, List.of(), List.of());
    CloseReport chain = report("x", true, List.of(), List.of(report("x", true, List.of(), List.of(leaf))));
    CloseReport flat = report("x", true, List.of(), List.of(leaf, leaf));
    assertNotEquals(chain, flat);
    assertNotEquals(leaf, report("x", false, List.of(), List.of()));
    assertEquals(flat, report("x", true, List.of(), List.of(leaf, leaf)));
  }

  private static CloseReport report(String path, boolean closed, List<Step> steps, List<CloseReport> children) {
    return new CloseReport(path, closed, Duration.ofSeconds(186), steps, List.of(), 0, List.of(), children);
  }

  /** The report with T for the times, and N for the numbers of the tasks. */
  private static String masked(CloseReport report) {
    return report.toString().replaceAll("[0-9.]+ m?s\\b", "T").replaceAll("READ-[0-9]+", "READ-N");
  }
}
