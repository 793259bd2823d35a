// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.carrier.SchedulerAccess.Open;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/**
 * Threads that are still parked on a scheduler when its carriers end, in each way that the JDK has to wake them: all of
 * them must go on, and those of the JDK's threads that wake them must live for everybody else's sake.
 */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD) // if a close hangs
@Tag("with-flag")
class StragglerTest {
  /** More than there are threads that pin a carrier on JDK 21. */
  private static final int PARALLELISM = 8;

  private static final Duration SHORT = Duration.ofMillis(50);

  private final Open access = assertInstanceOf(Open.class, CarrierStart.access());
  private final CarrierScheduler scheduler = new CarrierScheduler("straggler", PARALLELISM, access.jdkScheduler());
  private final List<Thread> stragglers = new ArrayList<>();

  private Thread start(Runnable body) {
    Thread thread = access.route().newThread(scheduler, "", body);
    stragglers.add(thread);
    thread.start();
    return thread;
  }

  /** Ends the carriers of threads in a monitor: on JDK 21 these are pinned and keep theirs until they go on. */
  private void endCarriersUnlessPinned() throws InterruptedException {
    boolean pinned = Runtime.version().feature() < 24;
    assertEquals(!pinned, scheduler.endCarriers(pinned ? Duration.ZERO : Await.LIMIT));
  }

  private void assertAllEnd() throws InterruptedException {
    stragglers.forEach(Await::ended);
    assertTrue(scheduler.endCarriers(Await.LIMIT));
    assertEquals(0, scheduler.roll().mounted());
  }

  @Test
  void parked_carriersEnd_goesOnWhenUnparked() throws InterruptedException {
    AtomicBoolean go = new AtomicBoolean();
    Thread thread = start(() -> {
      while (!go.get()) {
        LockSupport.park();
      }
    });
    Await.parked(thread);
    assertTrue(scheduler.endCarriers(Await.LIMIT));
    go.set(true);
    LockSupport.unpark(thread);
    assertAllEnd();
  }

  @Test
  void parkedWithTimeout_carriersEnd_goesOnInTime() throws InterruptedException {
    AtomicBoolean go = new AtomicBoolean();
    Await.parked(start(() -> {
      while (!go.get()) { // more than once, where nobody looks for longer than it is parked
        LockSupport.parkNanos(SHORT.toNanos());
      }
    }));
    assertTrue(scheduler.endCarriers(Await.LIMIT));
    go.set(true);
    assertAllEnd();
  }

  @Test
  void asleep_carriersEnd_goesOnInTime() throws InterruptedException {
    AtomicBoolean go = new AtomicBoolean();
    Await.parked(start(() -> {
      while (!go.get()) {
        sleepShortly();
      }
    }));
    assertTrue(scheduler.endCarriers(Await.LIMIT));
    go.set(true);
    assertAllEnd();
  }

  /** What the tested thread does, not how the test waits for it. */
  private static void sleepShortly() {
    try {
      Thread.sleep(SHORT);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void inMonitorWait_carriersEnd_goesOnWhenNotified() throws InterruptedException {
    Object monitor = new Object();
    AtomicBoolean go = new AtomicBoolean();
    Await.parked(start(() -> waitOn(monitor, go, 0)));
    Await.parked(start(() -> waitOn(monitor, go, SHORT.toMillis())));
    endCarriersUnlessPinned();
    synchronized (monitor) {
      go.set(true);
      monitor.notifyAll();
    }
    assertAllEnd();
  }

  private static void waitOn(Object monitor, AtomicBoolean go, long millis) {
    synchronized (monitor) {
      while (!go.get()) {
        try {
          monitor.wait(millis);
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
    }
  }

  @Test
  void atAContendedMonitor_carriersEnd_goesOnAndSoDoesEverybodyElse() throws InterruptedException {
    Object monitor = new Object();
    AtomicInteger entered = new AtomicInteger();
    synchronized (monitor) {
      for (int i = 0; i < 3; i++) {
        Await.parked(start(() -> enter(monitor, entered)));
      }
      endCarriersUnlessPinned();
    }
    assertAllEnd();
    assertEquals(3, entered.get());
    assertMonitorsWork();
  }

  private static void enter(Object monitor, AtomicInteger entered) {
    synchronized (monitor) {
      entered.incrementAndGet();
    }
  }

  @Test
  void inASocketRead_carriersEnd_goesOnAndSoDoesEverybodyElse() throws IOException, InterruptedException {
    List<Connection> connections = new ArrayList<>();
    AtomicInteger sum = new AtomicInteger();
    try {
      for (int i = 0; i < 6; i++) {
        Connection connection = Connection.open();
        connections.add(connection);
        Await.parked(start(() -> sum.addAndGet(connection.read())));
      }
      assertTrue(scheduler.endCarriers(Await.LIMIT));
      for (Connection connection : connections) {
        connection.write(7);
      }
      assertAllEnd();
      assertEquals(6 * 7, sum.get());
    } finally {
      for (Connection connection : connections) {
        connection.close();
      }
    }
    Connection.checkThatReadsWork();
  }

  /** Threads that come and go while the carriers end, woken from all sides: none may be lost. */
  @Test
  void wokenWhileCarriersEnd_allGoOn() throws InterruptedException {
    for (int round = 0; round < 300; round++) {
      CarrierScheduler raced = new CarrierScheduler("raced", 2, access.jdkScheduler());
      CountDownLatch started = new CountDownLatch(1);
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        threads.add(yielding(raced, started));
      }
      threads.forEach(Thread::start);
      started.await();
      assertTrue(raced.endCarriers(Await.LIMIT));
      threads.forEach(Await::ended);
    }
  }

  @SuppressWarnings("ThreadPriorityCheck") // a yield is a hand-over
  private Thread yielding(CarrierScheduler raced, CountDownLatch started) {
    return access.route().newThread(raced, "", () -> {
      started.countDown();
      for (int i = 0; i < 50; i++) {
        Thread.yield();
        LockSupport.parkNanos(1);
      }
    });
  }

  /** A child that a pool's thread started without the pool: not waited for, and not lost. */
  @Test
  void childOfAPoolsThread_poolCloses_goesOn() {
    AtomicBoolean go = new AtomicBoolean();
    List<Thread> children = new ArrayList<>();
    CarrierPool pool = CarrierPool.named("parent", 2);
    Thread parent = pool.factory().newThread(() -> children.add(Thread.startVirtualThread(() -> {
      while (!go.get()) {
        LockSupport.park();
      }
    })));
    parent.start();
    Await.ended(parent);
    Thread child = children.getFirst();
    Await.parked(child);
    pool.close();
    assertTrue(child.isAlive());
    go.set(true);
    LockSupport.unpark(child);
    Await.ended(child);
  }

  /** The child is one that sits on a carrier; its close is the pool's own last obstacle, and it must get round it. */
  @Test
  void childOfAPoolsThread_closesThePool_isNoDeadlock() {
    CarrierPool pool = CarrierPool.named("parent", 1);
    List<Thread> children = new ArrayList<>();
    Thread parent = pool.factory().newThread(() -> children.add(Thread.startVirtualThread(pool::close)));
    parent.start();
    Await.ended(parent);
    Await.ended(children.getFirst());
    assertTrue(pool.isClosed());
  }

  private static void assertMonitorsWork() {
    for (int i = 0; i < 32; i++) {
      Object monitor = new Object();
      AtomicInteger entered = new AtomicInteger();
      Thread thread;
      synchronized (monitor) {
        thread = Thread.ofVirtual().start(() -> enter(monitor, entered));
        Await.parked(thread);
      }
      Await.ended(thread);
    }
  }
}
