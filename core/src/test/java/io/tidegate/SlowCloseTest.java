// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** G5: what a slow close tells, by a clock that is advanced by hand. */
final class SlowCloseTest {
  private final ManualPool pool = new ManualPool();
  private final ManualClock clock = pool.clock();
  private final Scope closers = Scope.root("closers");
  private final Gate gate = Gate.create("segment");
  private final Gate.Guard slow = gate.enter("compaction");
  private final Logs logs = Logs.of(Gate.class, "segment");

  @AfterEach
  void release() throws InterruptedException {
    slow.close();
    closers.join();
    closers.close();
    logs.close();
  }

  private Task<CloseReport> closing(Gate closed) {
    return closers.fork(pool, token -> {
      closed.close();
      return closed.close(Duration.ZERO);
    });
  }

  private Task<CloseReport> closing(Duration limit) {
    return closers.fork(pool, token -> gate.close(limit));
  }

  private void advance(long millis) {
    clock.advance(Duration.ofMillis(millis));
  }

  /** The first line of each message. */
  private List<String> lines() {
    return logs.messages().stream().map(message -> message.lines().findFirst().orElse("")).toList();
  }

  /** G5: silent below 100 ms. */
  @Test
  void close_fast_isSilent() throws InterruptedException {
    Task<CloseReport> closer = closing(gate);
    clock.awaitSleepers(1);
    advance(99);
    clock.awaitSleepers(1);
    slow.close();
    closer.join();

    assertEquals(List.of(), logs.messages());
    assertEquals(Duration.ofMillis(99), closer.result().elapsed());
    assertEquals(Duration.ofMillis(99), closer.result().waitedFor().getFirst().after());
  }

  /** G5: at 100 ms, 1 s, 10 s, then each 60 s; who leaves late says so, and a last line closes the story. */
  @Test
  void close_slow_tellsAtEachMark() throws InterruptedException {
    slow.note("layer 7");
    Gate.Guard late = gate.child("walreceiver").enter("reader");
    Task<CloseReport> closer = closing(gate);
    clock.awaitSleepers(1);
    List<String> expected = new ArrayList<>();
    long[] marks = {100, 1_000, 10_000, 60_000, 120_000, 180_000};
    String[] names = {"100 ms", "1.00 s", "10.00 s", "1 min 0 s", "2 min 0 s", "3 min 0 s"};
    long now = 0;
    for (int i = 0; i < marks.length; i++) {
      advance(marks[i] - 1 - now);
      clock.awaitSleepers(1);
      assertEquals(expected, lines());
      advance(1);
      clock.awaitSleepers(1);
      now = marks[i];
      expected.add((i == 0 ? "INFO" : "WARN") + " closing segment has taken " + names[i] + " so far; inside are 2:");
      assertEquals(expected, lines());
    }
    String first = logs.messages().getFirst();
    assertTrue(first.contains("segment: compaction, inside for "), first);
    assertTrue(first.contains("\"layer 7\""), first);
    assertTrue(first.contains("segment/walreceiver: reader"), first);
    assertTrue(first.contains(" at "), first);

    late.close();
    expected.add("INFO reader left segment, 3 min 0 s after closing began");
    assertEquals(expected, lines());
    slow.close();
    closer.join();
    expected.add("INFO compaction left segment, 3 min 0 s after closing began");
    expected.add("INFO closing segment has ended after 3 min 0 s");
    assertEquals(expected, lines());

    gate.close();
    assertEquals(expected, lines());
  }

  /** G3: who has seen a gate closed finds it in its parent no more, though its closing is still being told of. */
  @Test
  void close_endIsBeingTold_parentHasForgottenTheGate() throws Exception {
    Gate child = gate.child("walreceiver");
    Gate.Guard reader = child.enter("reader");
    Task<CloseReport> closer = closing(child);
    clock.awaitSleepers(1);
    advance(100);
    clock.awaitSleepers(1);
    CountDownLatch mayTell = new CountDownLatch(1);
    logs.onEvent(event -> {
      if (event.getFormattedMessage().contains("has ended")) {
        SideThread.until(() -> mayTell.getCount() == 0);
      }
    });
    SideThread leaver = SideThread.start(reader::close);
    SideThread.until(child::isClosed);
    assertEquals(List.of(slow), ((GateImpl) gate).ownMembers());
    mayTell.countDown();
    leaver.join();
    closer.join();
  }

  /** G5: the same facts are in the report of a close that gave up. */
  @Test
  void close_limitPasses_reportsHolders() throws InterruptedException {
    Task<CloseReport> closer = closing(Duration.ofSeconds(2));
    clock.awaitSleepers(1);
    advance(2_000);
    closer.join();
    Holder holder = closer.result().left().getFirst();

    assertEquals("compaction", holder.name());
    assertFalse(closer.result().closed());
    assertEquals(Duration.ofSeconds(2), closer.result().elapsed());
    assertTrue(closer.result().toString().contains("STILL CLOSING after 2.00 s"), closer.result()::toString);
  }

  /** G5: the story ends, though the last one who waited gave up before. */
  @Test
  void close_allGaveUp_endIsTold() throws InterruptedException {
    Task<CloseReport> closer = closing(Duration.ofMillis(200));
    clock.awaitSleepers(1);
    advance(100);
    clock.awaitSleepers(1);
    advance(100);
    closer.join();
    advance(800);
    slow.close();

    assertEquals(
        List.of(
            "INFO closing segment has taken 100 ms so far; inside are 1:",
            "INFO compaction left segment, 1.00 s after closing began",
            "INFO closing segment has ended after 1.00 s"),
        lines());
  }

  /** G5: when the one who tells gives up, another one that waits tells on, and nothing is told twice. */
  @Test
  void close_tellerGivesUp_anotherTells() throws InterruptedException {
    Task<CloseReport> teller = closing(Duration.ofMillis(50));
    clock.awaitSleepers(1);
    Task<CloseReport> other = closing(gate);
    Task<CloseReport> third = closing(gate);
    SideThread.until(() -> closers.tasks().size() == 3 && pool.threads().stream().allMatch(SlowCloseTest::isParked));
    advance(50);
    teller.join();
    clock.awaitSleepers(1);
    advance(50);
    clock.awaitSleepers(1);
    assertEquals(List.of("INFO closing segment has taken 100 ms so far; inside are 1:"), lines());
    advance(900);
    clock.awaitSleepers(1);
    assertEquals("WARN closing segment has taken 1.00 s so far; inside are 1:", lines().getLast());
    slow.close();
    other.join();
    third.join();

    assertEquals("INFO closing segment has ended after 1.00 s", lines().getLast());
    assertEquals(4, lines().size());
  }

  private static boolean isParked(Thread thread) {
    return thread.getState() == Thread.State.WAITING;
  }

  /** G5: one who comes late to a close that nobody waited for is told once, not of every mark that has passed. */
  @Test
  void close_longAfterBeginClose_tellsOnce() throws InterruptedException {
    Task<?> begun = closers.spawn(pool, token -> gate.beginClose());
    begun.join();
    advance(3_600_000);
    Task<CloseReport> closer = closing(gate);
    clock.awaitSleepers(1);
    assertEquals(List.of("INFO closing segment has taken 60 min 0 s so far; inside are 1:"), lines());
    advance(60_000);
    clock.awaitSleepers(1);
    assertEquals("WARN closing segment has taken 61 min 0 s so far; inside are 1:", lines().getLast());
    slow.close();
    closer.join();
    assertEquals(4, lines().size());
  }

  /** G5: ten are named, the others counted. */
  @Test
  void close_manyHolders_namesTen() throws InterruptedException {
    List<Gate.Guard> guards = new ArrayList<>();
    for (int i = 0; i < 14; i++) {
      guards.add(gate.enter("reader " + i));
    }
    Task<CloseReport> closer = closing(gate);
    clock.awaitSleepers(1);
    advance(100);
    clock.awaitSleepers(1);
    List<String> told = logs.messages().getFirst().lines().toList();

    assertEquals("INFO closing segment has taken 100 ms so far; inside are 15:", told.getFirst());
    assertEquals(12, told.size());
    assertEquals("  and 5 more", told.getLast());
    guards.forEach(Gate.Guard::close);
    slow.close();
    closer.join();
    assertEquals(15, closer.result().waitedForCount());
  }

  /** G5: a holder's kind, and what its thread is parked on. */
  @Test
  void close_heldByParkedTask_namesKindAndBlocker() throws InterruptedException {
    Scope scope = Scope.root("tenant");
    CancellationToken never = CancellationToken.create();
    Task<?> stubborn = scope.spawn(Work.WRITE, token -> gate.call("flush", () -> {
      Stubborn body = new Stubborn();
      never.onCancel(body::release);
      body.run(token);
      return body;
    }));
    SideThread.until(() -> gate.holders().size() == 2 && !gate.holders().getLast().parkedOn().isEmpty());
    Task<CloseReport> closer = closing(gate);
    clock.awaitSleepers(1);
    advance(100);
    clock.awaitSleepers(1);
    String told = logs.messages().getFirst();

    assertTrue(told.contains("segment: flush [WRITE], inside for "), told);
    assertTrue(told.contains("parked on java.util.concurrent.CountDownLatch"), told);
    assertTrue(told.contains("Stubborn.run"), told);
    never.cancel();
    stubborn.join();
    slow.close();
    closer.join();
    scope.close();
  }

  /** G5: a child's close and its parent's each tell their own story. */
  @Test
  void close_childAndParent_tellEach() throws InterruptedException {
    Gate child = gate.child("walreceiver");
    Gate.Guard reader = child.enter("reader");
    Task<CloseReport> ofChild = closing(child);
    clock.awaitSleepers(1);
    advance(100);
    clock.awaitSleepers(1);
    assertEquals(List.of("INFO closing segment/walreceiver has taken 100 ms so far; inside are 1:"), lines());
    reader.close();
    ofChild.join();
    assertEquals(
        List.of(
            "INFO reader left segment/walreceiver, 100 ms after closing began",
            "INFO closing segment/walreceiver has ended after 100 ms"),
        lines().subList(1, 3));
    assertFalse(gate.isClosing());
  }
}
