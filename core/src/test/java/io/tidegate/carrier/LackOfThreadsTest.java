// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.carrier.Isolation.Mode;
import io.tidegate.carrier.SchedulerAccess.Route;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** Pools in a process that has no memory for a thread: a start that fails leaves nothing behind. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD) // if a close hangs
class LackOfThreadsTest {
  private static final Isolation ISOLATION = new Isolation(Mode.DEDICATED, "says the test");

  private final List<String> trail = new CopyOnWriteArrayList<>();
  private final AtomicBoolean go = new AtomicBoolean();

  private static OutOfMemoryError noMemory() {
    return new OutOfMemoryError("no thread, says the test");
  }

  private static CarrierPool pool(PoolEngine engine) {
    return new NamedPool("lacking", ISOLATION, engine, null);
  }

  private static CarrierEngine virtualThreads(Route jvm) {
    return new CarrierEngine(new CarrierScheduler("lacking", 1, Runnable::run), jvm);
  }

  private static void assertCloses(CarrierPool pool, long completed) {
    assertEquals(0, pool.stats().live());
    assertEquals(0, pool.stats().queued().orElseThrow());
    pool.close();
    assertEquals(completed, pool.stats().completed());
  }

  // ---- virtual threads

  @Test
  void start_noThreadIsMade_isToldAndNotCounted() {
    CarrierPool pool = pool(virtualThreads((scheduler, name, body) -> {
      throw noMemory();
    }));
    assertThrows(OutOfMemoryError.class, () -> pool.start("body", () -> trail.add("ran")));
    assertThrows(OutOfMemoryError.class, () -> pool.factory().newThread(() -> trail.add("ran")));
    assertCloses(pool, 2);
    assertEquals(List.of(), trail);
  }

  @Test
  void start_threadDoesNotStart_isToldAndNotCounted() {
    CarrierPool pool = pool(virtualThreads((scheduler, name, body) -> ended()));
    assertThrows(IllegalThreadStateException.class, () -> pool.start("body", () -> trail.add("ran")));
    assertCloses(pool, 1);
    assertEquals(List.of(), trail);
  }

  /** One that fails to start, here as it has been already. */
  private static Thread ended() {
    Thread thread = Thread.ofVirtual().start(() -> {});
    Await.ended(thread);
    return thread;
  }

  /** The pool cannot tell a thread that failed to start from one that is going to: the factory's callers are told so. */
  @Test
  void newThread_notStarted_counts() {
    CarrierPool pool = pool(virtualThreads((scheduler, name, body) -> ended()));
    Thread thread = pool.factory().newThread(() -> trail.add("ran"));
    assertThrows(IllegalThreadStateException.class, thread::start);
    assertEquals(1, pool.stats().live());
    assertFalse(pool.isClosed());
  }

  // ---- platform threads

  /** An engine that gets so many threads and no more. */
  private static PlatformEngine withThreads(int maxThreads, int given) {
    AtomicInteger left = new AtomicInteger(given);
    return new PlatformEngine("lacking", maxThreads, (engine, predecessor) -> {
      if (left.getAndDecrement() <= 0) {
        throw noMemory();
      }
      return new PlatformCarrier(engine, predecessor);
    });
  }

  private void stay(AtomicReference<@Nullable Thread> where) {
    where.set(Thread.currentThread());
    while (!go.get()) {
      LockSupport.park();
    }
    trail.add("stayed");
  }

  private void release(AtomicReference<@Nullable Thread> where) {
    go.set(true);
    LockSupport.unpark(where.get());
  }

  @Test
  void start_noPlatformThread_isToldAndNotQueued() {
    CarrierPool pool = pool(withThreads(2, 0));
    assertThrows(OutOfMemoryError.class, () -> pool.start("body", () -> trail.add("ran")));
    assertThrows(OutOfMemoryError.class, () -> pool.start("body", () -> trail.add("ran")));
    assertCloses(pool, 2);
    assertEquals(List.of(), trail);
  }

  @Test
  void start_noSecondPlatformThread_waitsForTheFirst() {
    CarrierPool pool = pool(withThreads(2, 1));
    AtomicReference<@Nullable Thread> first = new AtomicReference<>();
    pool.start("stays", () -> stay(first));
    Await.until("stays", () -> first.get() != null);
    pool.start("waits", () -> trail.add("ran"));
    assertEquals(1, pool.stats().queued().orElseThrow());
    assertEquals(2, pool.stats().live());
    release(first);
    pool.close();
    assertEquals(List.of("stayed", "ran"), trail);
  }

  /** Two starts at once that both find no thread, each while the other one seems to get one. */
  @Test
  void start_noPlatformThreadForAStartInAStart_bothAreTold() {
    AtomicReference<@Nullable CarrierPool> lacking = new AtomicReference<>();
    AtomicReference<@Nullable Throwable> second = new AtomicReference<>();
    CarrierPool pool = pool(new PlatformEngine("lacking", 2, (engine, predecessor) -> {
      CarrierPool own = lacking.getAndSet(null);
      if (own != null) {
        second.set(assertThrows(OutOfMemoryError.class, () -> own.start("second", () -> trail.add("ran"))));
      }
      throw noMemory();
    }));
    lacking.set(pool);
    assertThrows(OutOfMemoryError.class, () -> pool.start("first", () -> trail.add("ran")));
    assertInstanceOf(OutOfMemoryError.class, second.get());
    assertCloses(pool, 2);
    assertEquals(List.of(), trail);
  }

  /** A pool that had no thread for one start has one for the next. */
  @Test
  void start_threadsAreThereAgain_runs() {
    AtomicBoolean lacks = new AtomicBoolean(true);
    CarrierPool pool = pool(new PlatformEngine("lacking", 1, (engine, predecessor) -> {
      if (lacks.get()) {
        throw noMemory();
      }
      return new PlatformCarrier(engine, predecessor);
    }));
    assertThrows(OutOfMemoryError.class, () -> pool.start("first", () -> trail.add("first")));
    lacks.set(false);
    pool.start("second", () -> trail.add("second"));
    pool.close();
    assertEquals(List.of("second"), trail);
  }

  /** The virtual thread that stands for the body ends with what was in the way of that. */
  @Test
  void newThread_noPlatformThreadForItsBody_endsWithThat() {
    CarrierPool pool = pool(withThreads(1, 0));
    AtomicReference<@Nullable Throwable> told = new AtomicReference<>();
    Thread thread = pool.factory().newThread(() -> trail.add("ran"));
    thread.setUncaughtExceptionHandler((t, e) -> told.set(e));
    thread.start();
    Await.ended(thread);
    assertInstanceOf(OutOfMemoryError.class, told.get());
    assertCloses(pool, 1);
    assertEquals(List.of(), trail);
  }

  /** Where the JVM lets no thread forget, each body has a new one: without memory for that, the old one goes on. */
  @Test
  @Tag("without-flag")
  void start_noSuccessorForAThread_isRunByTheSame() {
    CarrierPool pool = pool(withThreads(1, 1));
    AtomicReference<@Nullable Thread> first = new AtomicReference<>();
    AtomicReference<@Nullable Thread> second = new AtomicReference<>();
    pool.start("stays", () -> stay(first));
    Await.until("stays", () -> first.get() != null);
    pool.start("next", () -> second.set(Thread.currentThread()));
    release(first);
    pool.close();
    assertTrue(first.get() != null);
    assertSame(first.get(), second.get());
  }
}
