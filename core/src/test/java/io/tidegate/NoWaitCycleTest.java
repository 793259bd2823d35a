// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** S9: what is no cycle of waits, or none any more, is not taken for one. */
class NoWaitCycleTest {
  private static final Duration LONG = Duration.ofDays(1);

  private final Scope root = Scope.root("root");
  private final Scope a = root.child("a");
  private final Scope b = root.child("b");
  private final Scope c = root.child("c");
  private final Gate gate = Gate.create("layers");
  private final CycleLog log = new CycleLog();

  @AfterEach
  void closes() {
    root.close();
    assertEquals(List.of(), log.cycles());
    log.close();
  }

  /** A chain of waits ends with the work at its end. */
  @Test
  void wait_chain_ends() throws Exception {
    Stubborn work = Stubborn.in(c);
    WaitingTask one = WaitingTask.in(a);
    WaitingTask two = WaitingTask.in(b);
    WaitingTask three = WaitingTask.in(root);
    three.parks(c::join);
    two.parks(three.task()::join);
    one.parks(b.gate()::close);
    SideThread closer = SideThread.startParked(a.gate()::close);
    work.release();
    CycleLog.assertAllReturned(one, two, three);
    closer.join();
  }

  /** Two that wait for the same, and one that waits for both. */
  @Test
  void wait_diamond_ends() throws Exception {
    Stubborn work = Stubborn.in(c);
    WaitingTask left = WaitingTask.in(a);
    WaitingTask right = WaitingTask.in(b);
    WaitingTask top = WaitingTask.in(root.child("top"));
    SideThread joiner = SideThread.startParked(top.task()::join);
    top.parks(() -> {
      left.task().join();
      right.task().join();
    });
    left.parks(c::join);
    right.parks(c.gate()::close);
    work.release();
    CycleLog.assertAllReturned(top, left, right);
    joiner.join();
  }

  /** A close that waits for a task that waits for a gate that others hold. */
  @Test
  void close_ofTaskThatWaitsForAnotherGate_ends() throws Exception {
    Gate.Guard guard = gate.enter("plain thread");
    WaitingTask inside = WaitingTask.in(b);
    WaitingTask closer = WaitingTask.in(a);
    SideThread ofA = SideThread.startParked(() -> a.closeGracefully(LONG));
    inside.parks(gate::close);
    closer.parks(b::close);
    guard.close();
    CycleLog.assertAllReturned(closer, inside);
    ofA.join();
  }

  /** Closers of one gate do not wait for each other. */
  @Test
  void close_bySeveral_ends() throws Exception {
    Stubborn work = Stubborn.in(c);
    WaitingTask one = WaitingTask.in(a);
    WaitingTask two = WaitingTask.in(a);
    SideThread ofA = SideThread.startParked(a.gate()::close);
    one.parks(c.gate()::close);
    two.parks(c.gate()::close);
    work.release();
    CycleLog.assertAllReturned(one, two);
    ofA.join();
  }

  /** Nobody waits for a plain thread that is inside of nothing: it may wait for those that close what it uses. */
  @Test
  void plainThread_waits_isInNoCycle() throws Exception {
    WaitingTask closer = WaitingTask.in(b);
    SideThread plain = SideThread.startParked(closer.task()::join);
    closer.starts(() -> a.close(LONG));
    CycleLog.assertAllReturned(closer);
    plain.join();
  }

  /** A join that does not wait is no wait: whoever is closed may look whether its closer has ended. */
  @Test
  void join_ofNoTime_isNoWait() throws Exception {
    WaitingTask closer = WaitingTask.in(a);
    WaitingTask inside = WaitingTask.in(b);
    closer.parks(b.gate()::close);
    inside.starts(() -> {
      assertFalse(closer.task().join(Duration.ZERO));
      assertFalse(a.close(Duration.ZERO).closed());
      assertFalse(a.closeGracefully(Duration.ZERO).closed());
    });
    CycleLog.assertAllReturned(inside, closer);
  }

  /** Whoever waited back, and gave up, is in no cycle any more. */
  @Test
  void join_gaveUp_isNoWait() throws Exception {
    ManualPool pool = new ManualPool();
    WaitingTask closer = WaitingTask.in(a);
    CountDownLatch mayEnd = new CountDownLatch(1);
    Task<Boolean> inside = b.fork(pool, token -> {
      boolean ended = closer.task().join(Duration.ofSeconds(1));
      mayEnd.await();
      return ended;
    });
    pool.clock().awaitSleepers(1);
    pool.clock().advance(Duration.ofSeconds(1));
    SideThread.until(() -> ((TaskImpl<?>) inside).waitsFor() == null);
    closer.parks(b.gate()::close);
    mayEnd.countDown();
    CycleLog.assertAllReturned(closer);
    inside.join();
    assertFalse(inside.result());
  }

  /** A task that holds a guard and has ended keeps nobody, nor does one whose guard another thread has released. */
  @Test
  void guard_ofEndedTask_isInNoCycle() throws Exception {
    Task<Gate.Guard> ended = c.fork(token -> gate.enter("left behind"));
    ended.join();
    WaitingTask closer = WaitingTask.in(a);
    closer.parks(gate::close);
    ended.result().close();
    CycleLog.assertAllReturned(closer);
  }

  // ---- the second look

  /** Lets two tasks hold what the other waits for, and finds the cycle, which is then broken by others. */
  private WaitCycle found(WaitingTask one, WaitsFor ofOne, WaitingTask two, WaitsFor ofTwo) {
    ((TaskImpl<?>) one.task()).waitsFor(ofOne);
    ((TaskImpl<?>) two.task()).waitsFor(ofTwo);
    WaitCycle cycle = Objects.requireNonNull(WaitCycle.through(ofOne));
    assertTrue(cycle.stands());
    return cycle;
  }

  private static WaitsFor joins(WaitingTask waiter) {
    return WaitsFor.throughAll("joins", (TaskImpl<?>) waiter.task());
  }

  private void end(WaitingTask... waiters) throws InterruptedException {
    for (WaitingTask waiter : waiters) {
      ((TaskImpl<?>) waiter.task()).waitsFor(null);
      waiter.starts(() -> {});
    }
    CycleLog.assertAllReturned(waiters);
  }

  /** W3, W4: a wait that has ended between the looks, and one of the same target that has begun. */
  @Test
  void stands_waitHasEnded_doesNot() throws Exception {
    WaitingTask one = WaitingTask.in(a);
    WaitingTask two = WaitingTask.in(b);
    WaitsFor first = joins(two);
    WaitCycle cycle = found(one, first, two, joins(one));
    ((TaskImpl<?>) two.task()).waitsFor(null);
    assertFalse(cycle.stands());
    assertNull(WaitCycle.through(first));
    ((TaskImpl<?>) two.task()).waitsFor(joins(one));
    assertFalse(cycle.stands());
    assertNotNull(WaitCycle.through(first));
    end(one, two);
  }

  /** W4: a guard that was released between the looks. */
  @Test
  void stands_guardWasReleased_doesNot() throws Exception {
    WaitingTask two = WaitingTask.in(b);
    CountDownLatch mayEnd = new CountDownLatch(1);
    CountDownLatch holds = new CountDownLatch(1);
    WaitingTask one = WaitingTask.in(a);
    Gate.Guard[] guard = new Gate.Guard[1];
    one.starts(() -> {
      guard[0] = gate.enter("one");
      holds.countDown();
      mayEnd.await();
    });
    holds.await();
    WaitCycle cycle = found(one, joins(two), two, WaitsFor.throughAll("closes", (GateImpl) gate));
    guard[0].close();
    assertFalse(cycle.stands());
    ((TaskImpl<?>) one.task()).waitsFor(null);
    mayEnd.countDown();
    CycleLog.assertAllReturned(one);
    end(two);
  }

  /** W4: a visit that another thread has ended between the looks. */
  @Test
  void stands_visitWasEnded_doesNot() throws Exception {
    WaitingTask task = WaitingTask.in(b);
    VisitImpl visit = (VisitImpl) a.enter();
    WaitsFor ofVisitor = joins(task);
    visit.waitsFor(ofVisitor);
    WaitsFor ofTask = WaitsFor.throughAll("closes", (GateImpl) a.gate());
    ((TaskImpl<?>) task.task()).waitsFor(ofTask);
    WaitCycle cycle = Objects.requireNonNull(WaitCycle.through(ofTask));
    assertTrue(cycle.stands());
    SideThread.start(visit::close).join();
    assertFalse(cycle.stands());
    assertNull(WaitCycle.through(ofTask));
    visit.close();
    end(task);
  }

  /** W5: a wait that a cancel is about to end. */
  @Test
  void stands_waitWasCancelled_doesNot() throws Exception {
    WaitingTask one = WaitingTask.in(a);
    WaitingTask two = WaitingTask.in(b);
    WaitsFor[] heard = new WaitsFor[1];
    Visit visit = c.enter();
    heard[0] = WaitsFor.untilCancelled("joins", (TaskImpl<?>) one.task());
    WaitsFor first = joins(two);
    WaitCycle cycle = found(one, first, two, heard[0]);
    c.cancel("enough");
    assertFalse(cycle.stands());
    assertNull(WaitCycle.through(first));
    visit.close();
    end(one, two);
  }
}
