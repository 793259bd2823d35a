// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.internal.JvmThreads;
import io.tidegate.internal.OwnScheduler;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the library asks the JVM about a thread, beside the public API: with the flag the JVM must answer. */
@Tag("with-flag")
class JvmThreadsTest {
  @Test
  void currentCarrier_inAThreadOfThePool_isItsCarrier() {
    AtomicReference<@Nullable Thread> carrier = new AtomicReference<>();
    try (CarrierPool pool = CarrierPool.named("jvm", 1)) {
      pool.start("asks", () -> carrier.set(JvmThreads.currentCarrier()));
    }
    assertEquals("jvm-1", assertInstanceOf(ForkJoinCarrier.class, carrier.get()).getName());
    assertSame(Thread.currentThread(), JvmThreads.currentCarrier());
  }

  @Test
  void schedulerOf_threadOfThePool_belongsToThePool() {
    assertTrue(JvmThreads.knowSchedulers());
    CarrierPool pool = CarrierPool.named("jvm", 1);
    Thread thread = pool.factory().newThread(() -> {});
    PoolThread own = assertInstanceOf(PoolThread.class, JvmThreads.schedulerOf(thread));
    assertTrue(own.threads().isOf(pool));
    thread.start();
    pool.close();
  }

  /** What is kept for a pool's thread is not for those that it starts, though they inherit its scheduler. */
  @Test
  void ownScheduler_childOfAPoolsThread_hasNone() {
    List<Boolean> own = new CopyOnWriteArrayList<>();
    List<Thread> children = new CopyOnWriteArrayList<>();
    try (CarrierPool pool = CarrierPool.named("jvm", 1)) {
      pool.start("parent", () -> {
        own.add(OwnScheduler.ofThisThread() != null);
        children.add(Thread.startVirtualThread(() -> own.add(OwnScheduler.ofThisThread() != null)));
      });
    }
    Await.ended(children.getFirst());
    assertEquals(List.of(true, false), own);
    assertNull(OwnScheduler.ofThisThread());
  }

  /** A child keeps the scheduler of the thread that has started it, and with it nothing of that thread. */
  @Test
  void ownScheduler_childOutlivesItsParent_doesNotKeepThat() throws InterruptedException {
    AtomicBoolean go = new AtomicBoolean();
    List<Thread> children = new CopyOnWriteArrayList<>();
    try (CarrierPool pool = CarrierPool.named("jvm", 1)) {
      WeakReference<Thread> parent = endedParent(pool, () -> children.add(Thread.startVirtualThread(() -> {
        while (!go.get()) {
          LockSupport.park();
        }
      })));
      Await.parked(children.getFirst());
      Await.until("the parent is collected", () -> {
        System.gc();
        return parent.refersTo(null);
      });
      // Runs on by the scheduler of the parent, of which that is left.
      go.set(true);
      LockSupport.unpark(children.getFirst());
      Await.ended(children.getFirst());
    }
  }

  /** Has a thread of a pool run and end: here, so that no variable of the test keeps it. */
  private static WeakReference<Thread> endedParent(CarrierPool pool, Runnable body) throws InterruptedException {
    Thread parent = pool.factory().newThread(body);
    parent.start();
    parent.join();
    return new WeakReference<>(parent);
  }

  /** A thread that a pool's thread has started by itself: runs for that pool as long as there is one. */
  @Test
  void current_childOfAPoolsThread_isThePoolUntilThatIsClosed() {
    AtomicBoolean go = new AtomicBoolean();
    AtomicReference<@Nullable CarrierPool> before = new AtomicReference<>();
    AtomicReference<@Nullable CarrierPool> after = new AtomicReference<>();
    List<Thread> children = new ArrayList<>();
    CarrierPool pool = CarrierPool.named("jvm", 1);
    pool.start("parent", () -> children.add(Thread.startVirtualThread(() -> {
      before.set(CarrierPool.current());
      while (!go.get()) {
        LockSupport.park();
      }
      after.set(CarrierPool.current());
    })));
    Await.until("asked", () -> before.get() != null);
    pool.close();
    go.set(true);
    LockSupport.unpark(children.getFirst());
    Await.ended(children.getFirst());
    assertSame(pool, before.get());
    assertSame(CarrierPool.shared(), after.get());
  }
}
