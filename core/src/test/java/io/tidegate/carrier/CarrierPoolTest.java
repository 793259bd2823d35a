// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** What every named pool promises, with carriers of its own and without. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD) // if a close hangs
class CarrierPoolTest {
  private static Thread start(CarrierPool pool, Runnable body) {
    Thread thread = pool.factory().newThread(body);
    thread.start();
    return thread;
  }

  /** Starts a thread that stays until it is told to go. */
  private static Thread parkedUntil(CarrierPool pool, AtomicBoolean go) {
    Thread thread = start(pool, () -> {
      while (!go.get()) {
        LockSupport.park();
      }
    });
    Await.parked(thread);
    return thread;
  }

  private static void release(Thread thread, AtomicBoolean go) {
    go.set(true);
    LockSupport.unpark(thread);
  }

  @Test
  void factory_anyCall_isTheSame() {
    try (CarrierPool pool = CarrierPool.named("pool")) {
      assertSame(pool.factory(), pool.factory());
      assertEquals("pool", pool.name());
    }
  }

  @Test
  void newThread_isVirtualUnnamedAndUnstarted() {
    try (CarrierPool pool = CarrierPool.named("pool")) {
      Thread thread = pool.factory().newThread(() -> {});
      assertTrue(thread.isVirtual());
      assertEquals("", thread.getName());
      assertSame(Thread.State.NEW, thread.getState());
      thread.start();
    }
  }

  @Test
  void newThread_afterClose_isRefusedByName() {
    CarrierPool pool = CarrierPool.named("pool");
    pool.close();
    var refused = assertThrows(RejectedExecutionException.class, () -> pool.factory().newThread(() -> {}));
    assertEquals("Carrier pool \"pool\" is closed or closing", refused.getMessage());
    assertEquals(0, pool.stats().started());
  }

  @Test
  void newThread_madeBeforeAndStartedAfterClosingBegan_isRunAndWaitedFor() {
    CarrierPool pool = CarrierPool.named("pool");
    AtomicBoolean ran = new AtomicBoolean();
    Thread late = pool.factory().newThread(() -> ran.set(true));
    Thread closer = Thread.ofPlatform().start(pool::close);
    Await.parked(closer);
    late.start();
    Await.ended(closer);
    assertTrue(ran.get());
  }

  @Test
  void current_inAThreadOfThePool_isThePool() {
    try (CarrierPool pool = CarrierPool.named("pool")) {
      AtomicReference<@Nullable CarrierPool> seen = new AtomicReference<>();
      Await.ended(start(pool, () -> seen.set(CarrierPool.current())));
      assertSame(pool, seen.get());
    }
  }

  @Test
  void current_elsewhere_isShared() {
    assertSame(CarrierPool.shared(), CarrierPool.current());
    AtomicReference<@Nullable CarrierPool> seen = new AtomicReference<>();
    Await.ended(Thread.ofVirtual().start(() -> seen.set(CarrierPool.current())));
    assertSame(CarrierPool.shared(), seen.get());
    Await.ended(start(CarrierPool.shared(), () -> seen.set(CarrierPool.current())));
    assertSame(CarrierPool.shared(), seen.get());
  }

  @Test
  void close_liveThread_waitsForItAndItsFinally() {
    CarrierPool pool = CarrierPool.named("pool");
    AtomicBoolean go = new AtomicBoolean();
    Thread thread = parkedUntil(pool, go);
    Thread closer = Thread.ofPlatform().start(pool::close);
    Await.parked(closer);
    assertFalse(pool.isClosed());
    assertTrue(pool.toString().contains("CLOSING"), pool::toString);
    assertThrows(RejectedExecutionException.class, () -> pool.factory().newThread(() -> {}));
    release(thread, go);
    Await.ended(closer);
    assertTrue(pool.isClosed());
    assertEquals(0, pool.stats().live());
  }

  @Test
  void close_severalCallers_allWaitAndAllReturn() {
    CarrierPool pool = CarrierPool.named("pool");
    AtomicBoolean go = new AtomicBoolean();
    Thread thread = parkedUntil(pool, go);
    List<Thread> closers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      closers.add(Thread.ofPlatform().start(pool::close));
      closers.add(Thread.ofVirtual().start(pool::close));
    }
    closers.forEach(Await::parked);
    release(thread, go);
    closers.forEach(Await::ended);
    pool.close();
    assertTrue(pool.isClosed());
  }

  @Test
  void close_interrupted_waitsAndRestoresStatus() {
    CarrierPool pool = CarrierPool.named("pool");
    AtomicBoolean go = new AtomicBoolean();
    AtomicBoolean status = new AtomicBoolean();
    Thread thread = parkedUntil(pool, go);
    Thread closer = Thread.ofPlatform().start(() -> {
      pool.close();
      status.set(Thread.currentThread().isInterrupted());
    });
    Await.parked(closer);
    closer.interrupt();
    Await.until("interrupt taken in", () -> !closer.isInterrupted());
    Await.parked(closer);
    assertFalse(pool.isClosed());
    release(thread, go);
    Await.ended(closer);
    assertTrue(status.get());
    assertTrue(pool.isClosed());
  }

  @Test
  void close_byAThreadOfThePool_failsAtOnceAndClosesNothing() {
    CarrierPool pool = CarrierPool.named("pool");
    AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
    Await.ended(start(pool, () -> thrown.set(assertThrows(IllegalStateException.class, pool::close))));
    assertInstanceOf(IllegalStateException.class, thrown.get());
    Await.ended(start(pool, () -> {}));
    pool.close();
  }

  @Test
  void close_ofShared_isRefused() {
    assertThrows(IllegalStateException.class, () -> CarrierPool.shared().close());
    assertFalse(CarrierPool.shared().isClosed());
    Await.ended(start(CarrierPool.shared(), () -> {}));
  }

  /** The handler is code of the thread: it has run when close returns. */
  @Test
  void close_threadEndsByException_waitsForItsHandler() {
    CarrierPool pool = CarrierPool.named("pool");
    AtomicReference<@Nullable Throwable> told = new AtomicReference<>();
    CountDownLatch inHandler = new CountDownLatch(1);
    AtomicBoolean go = new AtomicBoolean();
    Thread thread = pool.factory().newThread(() -> {
      throw new IllegalArgumentException("as intended");
    });
    thread.setUncaughtExceptionHandler((t, e) -> {
      inHandler.countDown();
      while (!go.get()) {
        LockSupport.park();
      }
      told.set(e);
      throw new IllegalStateException("ignored, as the JVM does");
    });
    thread.start();
    Thread closer = Thread.ofPlatform().start(pool::close);
    Await.until("in handler", () -> inHandler.getCount() == 0);
    Await.parked(thread);
    assertEquals(1, pool.stats().live());
    release(thread, go);
    Await.ended(closer);
    assertInstanceOf(IllegalArgumentException.class, told.get());
  }

  @Test
  void stats_startedAndEndedThreads_areCounted() {
    CarrierPool pool = CarrierPool.named("pool");
    AtomicBoolean go = new AtomicBoolean();
    Thread stays = parkedUntil(pool, go);
    for (int i = 0; i < 10; i++) {
      Await.ended(start(pool, () -> {}));
    }
    assertEquals(11, pool.stats().started());
    assertEquals(10, pool.stats().completed());
    assertEquals(1, pool.stats().live());
    release(stays, go);
    pool.close();
    assertEquals(11, pool.stats().completed());
    assertTrue(pool.toString().startsWith("CarrierPool[pool " + pool.isolation().mode() + " CLOSED"), pool::toString);
    assertTrue(pool.toString().contains("started=11 completed=11 live=0"), pool::toString);
  }

  @Test
  void stats_ofShared_saysNothingAboutTheJdksCarriers() {
    PoolStats stats = CarrierPool.shared().stats();
    assertEquals(0, stats.parallelism());
    assertEquals(OptionalLong.empty(), stats.queued());
    assertEquals(OptionalInt.empty(), stats.mounted());
    assertEquals(Optional.empty(), stats.cpuTime());
    assertEquals(Optional.empty(), stats.runQueue());
  }

  @Test
  void newThread_racingClose_runsOrIsRefused() {
    for (int round = 0; round < 200; round++) {
      CarrierPool pool = CarrierPool.named("pool", 1);
      AtomicReference<Thread> made = new AtomicReference<>();
      AtomicBoolean ran = new AtomicBoolean();
      Thread spawner = Thread.ofVirtual().start(() -> {
        try {
          Thread thread = pool.factory().newThread(() -> ran.set(true));
          made.set(thread);
          thread.start();
        } catch (RejectedExecutionException refused) {
          assertSame(null, made.get());
        }
      });
      pool.close();
      boolean ranAtClose = ran.get();
      Await.ended(spawner);
      assertEquals(ranAtClose, made.get() != null);
      assertEquals(ranAtClose ? 1 : 0, pool.stats().started());
    }
  }
}
