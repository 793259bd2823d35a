// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.carrier.SchedulerAccess.Open;
import io.tidegate.carrier.SchedulerAccess.Route;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the carrier pools rely on in the JDK: each test is a guard against the next one. */
@Tag("with-flag")
class JvmFactsTest {
  static Stream<String> routes() {
    return SchedulerProbe.routes().keySet().stream();
  }

  private static Open access() {
    return assertInstanceOf(Open.class, CarrierStart.access());
  }

  private static Thread newThread(Executor scheduler, Runnable body) {
    try {
      return access().route().factoryOn(scheduler).newThread(body);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("route", e);
    }
  }

  @ParameterizedTest
  @MethodSource("routes")
  void route_onThisJdk_bringsTheThreadToItsScheduler(String name) throws ReflectiveOperationException {
    Route route = SchedulerProbe.routes().get(name);
    SchedulerProbe.verify(Objects.requireNonNull(route));
  }

  @Test
  void verify_routeThatIgnoresTheScheduler_fails() {
    Route ignoring = scheduler -> Thread.ofVirtual().factory();
    assertThrows(IllegalStateException.class, () -> SchedulerProbe.verify(ignoring));
  }

  @Test
  void jdkScheduler_isAForkJoinPoolThatRuns() {
    ForkJoinPool pool = assertInstanceOf(ForkJoinPool.class, access().jdkScheduler());
    assertFalse(pool.isShutdown());
  }

  @Test
  void continuation_atEveryResume_isHandedToTheSchedulerAgain() {
    BlockingQueue<Runnable> handedOver = new LinkedBlockingQueue<>();
    Thread thread = newThread(handedOver::add, LockSupport::park);
    thread.start();
    assertEquals(1, handedOver.size());
    handedOver.remove().run();
    Await.parked(thread);
    assertTrue(handedOver.isEmpty());
    LockSupport.unpark(thread);
    assertEquals(1, handedOver.size());
    handedOver.remove().run();
    Await.ended(thread);
  }

  /** So a continuation that may have been taken can be handed on all the same. */
  @Test
  void continuation_runTwice_doesNothingTheSecondTime() {
    ConcurrentLinkedQueue<Runnable> handedOver = new ConcurrentLinkedQueue<>();
    AtomicInteger runs = new AtomicInteger();
    Thread thread = newThread(handedOver::add, () -> {
      runs.incrementAndGet();
      LockSupport.park();
      runs.incrementAndGet();
    });
    thread.start();
    Runnable continuation = handedOver.remove();
    continuation.run();
    continuation.run();
    assertEquals(1, runs.get());
    LockSupport.unpark(thread);
    continuation.run();
    continuation.run();
    assertEquals(2, runs.get());
    Await.ended(thread);
  }

  @Test
  void continuation_ofAnyScheduler_runsOnTheJdksToo() {
    ConcurrentLinkedQueue<Runnable> handedOver = new ConcurrentLinkedQueue<>();
    Thread thread = newThread(handedOver::add, LockSupport::park);
    thread.start();
    access().jdkScheduler().execute(handedOver.remove());
    Await.parked(thread);
    LockSupport.unpark(thread);
    access().jdkScheduler().execute(handedOver.remove());
    Await.ended(thread);
  }

  /** True of 21 to 28, not of the Loom prototype. Nothing relies on it, CarrierStart.newJdkThread guards against it. */
  @Test
  void startVirtualThread_inAThreadOfAPool_takesItsScheduler() {
    AtomicBoolean there = new AtomicBoolean();
    try (CarrierPool pool = CarrierPool.named("parent")) {
      Thread parent = pool.factory().newThread(() -> {
        Thread child = Thread.startVirtualThread(
            () -> there.set(Thread.currentThread().toString().contains("@parent-")));
        Await.ended(child);
      });
      parent.start();
      Await.ended(parent);
      assertEquals(1, pool.stats().started());
    }
    assertTrue(there.get());
  }

  /** What a scheduler is handed holds the thread: so the starvation watch can name it. */
  @Test
  void continuation_ofAThread_letsTheThreadBeFound() {
    ConcurrentLinkedQueue<Runnable> handedOver = new ConcurrentLinkedQueue<>();
    Thread thread = newThread(handedOver::add, () -> {});
    thread.start();
    Runnable continuation = handedOver.remove();
    assertSame(thread, MountedThread.of(continuation).orElseThrow());
    continuation.run();
    Await.ended(thread);
  }

  /** So a platform thread can be used again for what must not see what ran there before. */
  @Test
  void threadLocals_ofAPlatformThread_canBeErased() {
    ThreadLocal<String> own = new ThreadLocal<>();
    InheritableThreadLocal<String> inheritable = new InheritableThreadLocal<>();
    AtomicBoolean erased = new AtomicBoolean();
    Await.ended(Thread.ofPlatform().start(() -> {
      own.set("left");
      inheritable.set("left");
      ThreadLocalEraser.erase();
      erased.set(own.get() == null && inheritable.get() == null);
    }));
    assertTrue(ThreadLocalEraser.isAllowed());
    assertTrue(erased.get());
  }
}
