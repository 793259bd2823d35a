// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.slf4j.MDC;

/** P5: bounded platform threads, with the flag, where they are used again, and without it, where each runs one body. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD) // if a close hangs
class PlatformPoolTest {
  private static final ThreadLocal<String> LEFT_BEHIND = new ThreadLocal<>();
  private static final InheritableThreadLocal<String> INHERITED = new InheritableThreadLocal<>();

  /** Bodies that stay, one in each thread of the pool, until told to go. */
  private static final class Stayers {
    private final AtomicBoolean go = new AtomicBoolean();
    private final List<Thread> threads = new CopyOnWriteArrayList<>();

    void start(CarrierPool pool, int count) {
      for (int i = 0; i < count; i++) {
        pool.start("stays", this::stay);
      }
      Await.until("all stay", () -> threads.size() == count);
    }

    private void stay() {
      threads.add(Thread.currentThread());
      while (!go.get()) {
        LockSupport.park();
      }
    }

    void release() {
      go.set(true);
      threads.forEach(LockSupport::unpark);
    }
  }

  private static void runOn(CarrierPool pool, Runnable body) {
    Thread thread = pool.factory().newThread(body);
    thread.start();
    Await.ended(thread);
  }

  /** P5, P1: the threads are platform threads with the pool's name and a number, and daemons. */
  @Test
  void start_busyThreads_areNumberedPlatformDaemons() {
    try (CarrierPool pool = CarrierPool.platform("files", 3)) {
      assertTrue(pool.isolation().isDedicated());
      assertFalse(pool.isVirtual());
      Stayers stayers = new Stayers();
      stayers.start(pool, 3);
      Set<String> names = new HashSet<>(stayers.threads.stream().map(Thread::getName).toList());
      assertEquals(Set.of("files-1", "files-2", "files-3"), names);
      assertTrue(stayers.threads.stream().noneMatch(Thread::isVirtual));
      assertTrue(stayers.threads.stream().allMatch(Thread::isDaemon));
      assertEquals(3, pool.stats().parallelism());
      assertEquals(3, pool.stats().mounted().orElseThrow());
      stayers.release();
    }
  }

  /** P5: no more run than there are threads; the rest waits, counts as live, and runs in the order of its starts. */
  @Test
  void start_moreThanThreads_waitsForItsTurn() {
    CarrierPool pool = CarrierPool.platform("files", 2);
    Stayers stayers = new Stayers();
    stayers.start(pool, 2);
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<Integer> order = new CopyOnWriteArrayList<>();
    for (int i = 0; i < 20; i++) {
      int number = i;
      pool.start("waits", () -> {
        most.accumulateAndGet(running.incrementAndGet(), Math::max);
        synchronized (order) {
          order.add(number);
        }
        running.decrementAndGet();
      });
    }
    assertEquals(20, pool.stats().queued().orElseThrow());
    assertEquals(22, pool.stats().started());
    assertEquals(22, pool.stats().live());
    assertEquals(List.of(), order);
    stayers.release();
    pool.close();
    assertTrue(most.get() <= 2, most::toString);
    assertEquals(20, new HashSet<>(order).size());
    assertEquals(22, pool.stats().completed());
    assertEquals(0, pool.stats().queued().orElseThrow());
  }

  /** P5: with one thread the order is seen. */
  @Test
  void start_oneThread_runsInOrder() {
    List<Integer> order = new CopyOnWriteArrayList<>();
    try (CarrierPool pool = CarrierPool.platform("files", 1)) {
      for (int i = 0; i < 50; i++) {
        int number = i;
        pool.start("in order", () -> order.add(number));
      }
    }
    assertEquals(IntStream.range(0, 50).boxed().toList(), order);
  }

  /** P5: nothing that a body leaves in its thread comes to the next one. */
  @Test
  void start_afterABodyThatLeftThings_findsNone() {
    List<Object> found = new CopyOnWriteArrayList<>();
    AtomicReference<@Nullable Thread> first = new AtomicReference<>();
    AtomicReference<@Nullable Thread> second = new AtomicReference<>();
    try (CarrierPool pool = CarrierPool.platform("files", 1)) {
      pool.start("leaves", () -> {
        first.set(Thread.currentThread());
        Await.until("the next one waits", () -> pool.stats().queued().orElseThrow() == 1);
        leaveThings();
      });
      pool.start("looks", () -> {
        second.set(Thread.currentThread());
        collectThings(found);
      });
    }
    assertEquals(List.of(), found);
    assertEquals(ThreadLocalEraser.isAllowed(), first.get() == second.get());
  }

  @SuppressWarnings("ThreadPriorityCheck") // it is the subject
  private static void leaveThings() {
    LEFT_BEHIND.set("thread-local");
    INHERITED.set("inheritable thread-local");
    MDC.put("task_id", "log context");
    Thread thread = Thread.currentThread();
    thread.setContextClassLoader(new ClassLoader() {});
    thread.setName("renamed");
    thread.setPriority(Thread.MIN_PRIORITY);
    thread.setUncaughtExceptionHandler((t, e) -> {});
    thread.interrupt();
  }

  private static void collectThings(List<Object> found) {
    Thread thread = Thread.currentThread();
    addIfNot(null, LEFT_BEHIND.get(), found);
    addIfNot(null, INHERITED.get(), found);
    addIfNot(null, MDC.get("task_id"), found);
    addIfNot(ClassLoader.getSystemClassLoader(), thread.getContextClassLoader(), found);
    addIfNot("files-1", thread.getName(), found);
    addIfNot(Thread.NORM_PRIORITY, thread.getPriority(), found);
    addIfNot(thread.getThreadGroup(), thread.getUncaughtExceptionHandler(), found);
    addIfNot(false, thread.isInterrupted(), found);
  }

  private static void addIfNot(@Nullable Object expected, @Nullable Object seen, List<Object> found) {
    if (!Objects.equals(expected, seen)) {
      found.add(String.valueOf(seen));
    }
  }

  /** P5: what the starter of the first body has of its own does not come into the pool with it. */
  @Test
  void start_byAThreadWithInheritableThings_findsNone() {
    List<Object> found = new CopyOnWriteArrayList<>();
    CarrierPool pool = CarrierPool.platform("files", 1);
    Thread starter = Thread.ofPlatform().start(() -> {
      leaveThings();
      pool.start("looks", () -> collectThings(found));
    });
    Await.ended(starter);
    pool.close();
    assertEquals(List.of(), found);
  }

  /** P5: the thread is used again where the JVM lets it forget. */
  @Test
  @Tag("with-flag")
  void isolation_withFlag_saysThatThreadsAreUsedAgain() {
    try (CarrierPool pool = CarrierPool.platform("files", 1)) {
      assertEquals("platform threads", pool.isolation().reason());
    }
  }

  /** P4, P5: the message holds the flag. */
  @Test
  @Tag("without-flag")
  void isolation_withoutFlag_namesTheFlagThatLetsThreadsBeUsedAgain() {
    try (CarrierPool pool = CarrierPool.platform("files", 1)) {
      assertTrue(
          pool.isolation().reason().endsWith("start java with --add-opens java.base/java.lang=io.tidegate.core"),
          () -> pool.isolation().toString());
    }
  }

  /** P5: as in every pool, a body knows where it is. */
  @Test
  void current_inABody_isThePool() {
    try (CarrierPool pool = CarrierPool.platform("files", 1)) {
      List<CarrierPool> seen = new CopyOnWriteArrayList<>();
      pool.start("asks", () -> seen.add(CarrierPool.current()));
      runOn(pool, () -> seen.add(CarrierPool.current()));
      Await.until("both have asked", () -> seen.size() == 2);
      assertEquals(List.of(pool, pool), seen);
    }
  }

  /** P5: a body that throws takes nothing with it but itself. */
  @Test
  void start_bodyThatThrows_isToldAndThePoolGoesOn() {
    AtomicReference<@Nullable Throwable> told = new AtomicReference<>();
    AtomicBoolean ran = new AtomicBoolean();
    try (CarrierPool pool = CarrierPool.platform("files", 1)) {
      pool.start("throws", () -> {
        Thread.currentThread().setUncaughtExceptionHandler((t, e) -> told.set(e));
        throw new IllegalArgumentException("as intended");
      });
      pool.start("runs", () -> ran.set(true));
    }
    assertInstanceOf(IllegalArgumentException.class, told.get());
    assertTrue(ran.get());
  }

  // ---- threads of the factory

  /** P5: a thread of the factory is alive from its start to the end of its body, its wait for a turn included. */
  @Test
  void newThread_waitingForItsTurn_isAliveAndCanBeJoined() {
    try (CarrierPool pool = CarrierPool.platform("files", 1)) {
      Stayers stayers = new Stayers();
      stayers.start(pool, 1);
      AtomicReference<@Nullable Thread> ranOn = new AtomicReference<>();
      Thread thread = pool.factory().newThread(() -> ranOn.set(Thread.currentThread()));
      thread.start();
      Await.until("queued", () -> pool.stats().queued().orElseThrow() == 1);
      assertTrue(thread.isAlive());
      stayers.release();
      Await.ended(thread);
      Thread runner = ranOn.get();
      assertNotSame(thread, runner);
      assertTrue(runner != null && !runner.isVirtual());
    }
  }

  /** P5: an interrupt of it interrupts the body, once. */
  @Test
  void newThread_interrupted_interruptsItsBody() {
    try (CarrierPool pool = CarrierPool.platform("files", 1)) {
      AtomicReference<@Nullable Thread> runner = new AtomicReference<>();
      AtomicBoolean interrupted = new AtomicBoolean();
      Thread thread = pool.factory().newThread(() -> {
        runner.set(Thread.currentThread());
        while (!Thread.currentThread().isInterrupted()) {
          LockSupport.park();
        }
        interrupted.set(Thread.interrupted());
      });
      thread.start();
      Await.until("body runs", () -> runner.get() != null);
      thread.interrupt();
      Await.ended(thread);
      assertTrue(interrupted.get());
      AtomicBoolean later = new AtomicBoolean(true);
      runOn(pool, () -> later.set(Thread.currentThread().isInterrupted()));
      assertFalse(later.get());
    }
  }

  /** P5: an interrupt that comes before the body's turn is kept for it. */
  @Test
  void newThread_interruptedBeforeItsTurn_bodyBeginsInterrupted() {
    try (CarrierPool pool = CarrierPool.platform("files", 1)) {
      Stayers stayers = new Stayers();
      stayers.start(pool, 1);
      AtomicBoolean interrupted = new AtomicBoolean();
      Thread thread = pool.factory().newThread(() -> interrupted.set(Thread.currentThread().isInterrupted()));
      thread.start();
      Await.until("queued", () -> pool.stats().queued().orElseThrow() == 1);
      Await.parked(thread);
      thread.interrupt();
      Await.until("interrupt taken in", () -> !thread.isInterrupted());
      Await.parked(thread);
      stayers.release();
      Await.ended(thread);
      assertTrue(interrupted.get());
    }
  }

  /** P5: it ends with what its body throws. */
  @Test
  void newThread_bodyThatThrows_endsWithThat() {
    try (CarrierPool pool = CarrierPool.platform("files", 1)) {
      IllegalArgumentException thrown = new IllegalArgumentException("as intended");
      AtomicReference<@Nullable Throwable> told = new AtomicReference<>();
      Thread thread = pool.factory().newThread(() -> {
        throw thrown;
      });
      thread.setUncaughtExceptionHandler((t, e) -> told.set(e));
      thread.start();
      Await.ended(thread);
      assertSame(thrown, told.get());
    }
  }

  // ---- the close

  /** P5: a close refuses new work, runs what was taken, waits, and leaves no thread. */
  @Test
  void close_withWorkQueued_runsItAllAndLeavesNoThread() throws InterruptedException {
    CarrierPool pool = CarrierPool.platform("files", 2);
    Stayers stayers = new Stayers();
    stayers.start(pool, 2);
    Set<Thread> runners = new HashSet<>(stayers.threads);
    List<Thread> queued = new CopyOnWriteArrayList<>();
    for (int i = 0; i < 10; i++) {
      pool.start("queued", () -> queued.add(Thread.currentThread()));
    }
    Thread closer = Thread.ofPlatform().start(pool::close);
    Await.parked(closer);
    assertThrows(RejectedExecutionException.class, () -> pool.start("late", () -> {}));
    assertThrows(RejectedExecutionException.class, () -> pool.factory().newThread(() -> {}));
    assertFalse(pool.isClosed());
    stayers.release();
    Await.ended(closer);
    assertEquals(10, queued.size());
    runners.addAll(queued);
    for (Thread runner : runners) {
      // Close itself gives up sooner, where the machine is busy; idle, a thread would stay for half a minute.
      assertTrue(runner.join(Duration.ofSeconds(10)), runner::toString);
    }
    assertEquals(0, pool.stats().mounted().orElseThrow());
  }

  /** P5: a body that closes its own pool would wait for itself. */
  @Test
  void close_byABody_fails() {
    AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
    try (CarrierPool pool = CarrierPool.platform("files", 1)) {
      runOn(pool, () -> thrown.set(assertThrows(IllegalStateException.class, pool::close)));
    }
    assertInstanceOf(IllegalStateException.class, thrown.get());
  }

  /** P5: a start that races a close runs, and is waited for, or is refused. */
  @Test
  void start_racingClose_runsOrIsRefused() {
    for (int round = 0; round < 100; round++) {
      CarrierPool pool = CarrierPool.platform("files", 1);
      AtomicBoolean taken = new AtomicBoolean();
      AtomicBoolean ran = new AtomicBoolean();
      Thread starter = Thread.ofVirtual().start(() -> {
        try {
          pool.start("races", () -> ran.set(true));
          taken.set(true);
        } catch (RejectedExecutionException refused) {
          assertEquals("Carrier pool \"files\" is closed or closing", refused.getMessage());
        }
      });
      pool.close();
      boolean ranAtClose = ran.get();
      Await.ended(starter);
      assertEquals(taken.get(), ranAtClose);
    }
  }

  /** P5: bodies that come from many threads, to few, all run, and the pool is empty in the end. */
  @Test
  void start_fromManyThreads_allRun() {
    AtomicInteger ran = new AtomicInteger();
    CarrierPool pool = CarrierPool.platform("files", 3);
    List<Thread> starters = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      starters.add(Thread.ofVirtual().start(() -> {
        for (int j = 0; j < 50; j++) {
          pool.start("one of many", ran::incrementAndGet);
        }
      }));
    }
    starters.forEach(Await::ended);
    pool.close();
    assertEquals(400, ran.get());
    assertEquals(400, pool.stats().completed());
  }

  /** P6: the CPU time of its threads, of those that have ended as well. */
  @Test
  void cpuTime_afterWork_countsIt() {
    CarrierPool pool = CarrierPool.platform("burner", 1);
    Duration burn = Duration.ofMillis(20);
    pool.start("burns", () -> {
      while (pool.stats().cpuTime().orElseThrow().compareTo(burn) < 0) {
        Thread.onSpinWait();
      }
    });
    pool.close();
    assertTrue(pool.stats().cpuTime().orElseThrow().compareTo(burn) >= 0);
  }

  /** P5: names and numbers are checked as in every pool. */
  @Test
  void platform_unfitArguments_areRefused() {
    assertThrows(IllegalArgumentException.class, () -> CarrierPool.platform("blockingwork", 1));
    String message = String.valueOf(
        assertThrows(IllegalArgumentException.class, () -> CarrierPool.platform("files", 0)).getMessage());
    assertEquals("Pool \"files\": parallelism must be 1 to 999, not 0", message);
    assertNull(LEFT_BEHIND.get());
  }

  /** P5: waits by the pool's clock end on a platform thread as on any other. */
  @Test
  void clock_onAPlatformThread_parks() {
    CountDownLatch woken = new CountDownLatch(1);
    AtomicReference<@Nullable Thread> parked = new AtomicReference<>();
    try (CarrierPool pool = CarrierPool.platform("files", 1)) {
      AtomicBoolean go = new AtomicBoolean();
      pool.start("parks", () -> {
        parked.set(Thread.currentThread());
        while (!go.get()) {
          pool.clock().park(this);
        }
        long deadline = pool.clock().nanoTime() + 1;
        while (pool.clock().nanoTime() - deadline < 0) {
          pool.clock().parkUntil(this, deadline);
        }
        woken.countDown();
      });
      Await.until("runs", () -> parked.get() != null);
      Thread thread = parked.get();
      if (thread == null) {
        throw new AssertionError("no thread");
      }
      Await.parked(thread);
      assertSame(this, LockSupport.getBlocker(thread));
      go.set(true);
      LockSupport.unpark(thread);
    }
    assertEquals(0, woken.getCount());
  }
}
