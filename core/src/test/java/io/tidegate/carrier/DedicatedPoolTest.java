// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD) // if a close hangs
@Tag("with-flag")
class DedicatedPoolTest {
  private static Thread start(CarrierPool pool, Runnable body) {
    Thread thread = pool.factory().newThread(body);
    thread.start();
    return thread;
  }

  private static Set<Thread> platformThreads() {
    return new HashSet<>(Thread.getAllStackTraces().keySet());
  }

  private static List<Thread> carriersOf(String pool) {
    return platformThreads().stream().filter(t -> t.getName().startsWith(pool + "-")).toList();
  }

  /** Occupies carriers, all of them at once, until told to go. */
  private static List<Thread> hogs(CarrierPool pool, int count, AtomicBoolean go) {
    AtomicInteger running = new AtomicInteger();
    List<Thread> hogs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      hogs.add(start(pool, () -> {
        running.incrementAndGet();
        while (!go.get()) {
          Thread.onSpinWait();
        }
      }));
    }
    Await.until("hogs running", () -> running.get() == count);
    return hogs;
  }

  @Test
  void isolation_withFlag_isDedicatedAndSaysBy() {
    try (CarrierPool pool = CarrierPool.named("pool")) {
      assertTrue(pool.isolation().isDedicated());
      assertEquals("own scheduler through method ThreadBuilders.newVirtualThread", pool.isolation().reason());
    }
  }

  @Test
  void named_defaultParallelism_isTwoAtLeast() {
    try (CarrierPool pool = CarrierPool.named("pool")) {
      assertEquals(Math.max(2, Runtime.getRuntime().availableProcessors()), pool.stats().parallelism());
    }
  }

  @Test
  void carriers_areNumberedDaemons() {
    AtomicBoolean go = new AtomicBoolean();
    try (CarrierPool pool = CarrierPool.named("numbers", 3)) {
      hogs(pool, 3, go);
      List<Thread> carriers = carriersOf("numbers");
      assertEquals(
          Set.of("numbers-1", "numbers-2", "numbers-3"),
          new HashSet<>(carriers.stream().map(Thread::getName).toList()));
      assertTrue(carriers.stream().allMatch(Thread::isDaemon));
      assertEquals(3, pool.stats().mounted().orElseThrow());
      go.set(true);
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void carriers_osNames_startWithThePoolsAndEndWithTheNumber() {
    AtomicBoolean go = new AtomicBoolean();
    try (CarrierPool pool = CarrierPool.named("wal-receive", 2)) {
      hogs(pool, 2, go);
      List<String> names = OsNames.ofThisProcess().stream().filter(n -> n.startsWith("wal-rec")).sorted().toList();
      go.set(true);
      assertEquals(List.of("wal-receive-1", "wal-receive-2"), names);
    }
  }

  @Test
  void hogs_onAllCarriersOfOnePool_leaveTheOthersAlive() {
    AtomicBoolean go = new AtomicBoolean();
    try (CarrierPool hogged = CarrierPool.named("hogged", 2);
        CarrierPool other = CarrierPool.named("other", 2)) {
      hogs(hogged, 2, go);
      Thread waits = start(hogged, () -> {});
      Await.ended(start(other, () -> {}));
      Await.ended(start(CarrierPool.shared(), () -> {}));
      Await.ended(Thread.ofVirtual().start(() -> {}));
      assertTrue(waits.isAlive());
      assertEquals(1, hogged.stats().queued().orElseThrow());
      assertEquals(0, other.stats().queued().orElseThrow());
      go.set(true);
      Await.ended(waits);
      assertEquals(0, hogged.stats().queued().orElseThrow());
    }
  }

  @Test
  @SuppressWarnings("ThreadPriorityCheck") // it is the subject
  void yield_onTheOnlyCarrier_letsOthersRun() {
    AtomicBoolean go = new AtomicBoolean();
    try (CarrierPool pool = CarrierPool.named("yield", 1)) {
      Thread yields = start(pool, () -> {
        while (!go.get()) {
          Thread.yield();
        }
      });
      Await.ended(start(pool, () -> go.set(true)));
      Await.ended(yields);
    }
  }

  /** Two threads that keep waking each other must not keep those waiting who come from outside. */
  @Test
  void pingPong_onTheOnlyCarrier_letsOthersRun() {
    AtomicBoolean go = new AtomicBoolean();
    AtomicReference<Thread> ping = new AtomicReference<>();
    AtomicReference<Thread> pong = new AtomicReference<>();
    try (CarrierPool pool = CarrierPool.named("pingpong", 1)) {
      ping.set(pool.factory().newThread(() -> wake(pong, go)));
      pong.set(pool.factory().newThread(() -> wake(ping, go)));
      ping.get().start();
      pong.get().start();
      Await.ended(start(pool, () -> go.set(true)));
      Await.ended(ping.get());
      Await.ended(pong.get());
    }
  }

  private static void wake(AtomicReference<Thread> partner, AtomicBoolean go) {
    while (!go.get()) {
      LockSupport.unpark(partner.get());
      LockSupport.park();
    }
    LockSupport.unpark(partner.get());
  }

  @Test
  void sharedThread_startedByAPoolsThread_runsOnTheJdksCarriers() {
    AtomicReference<String> where = new AtomicReference<>("");
    try (CarrierPool pool = CarrierPool.named("mine")) {
      Await.ended(start(pool, () -> Await.ended(start(CarrierPool.shared(), () -> where.set(carrierText())))));
      assertTrue(where.get().contains("ForkJoinPool-1-worker"), where::get);
      Await.ended(start(pool, () -> where.set(carrierText())));
      assertTrue(where.get().contains("@mine-"), where::get);
    }
  }

  /** A mounted virtual thread prints its carrier's name. */
  private static String carrierText() {
    return Thread.currentThread().toString();
  }

  @Test
  void cpuTime_afterWork_countsItAlsoWhenItsCarrierHasEnded() {
    CarrierPool pool = CarrierPool.named("burner", 1);
    Duration burn = Duration.ofMillis(20);
    Thread burner = start(pool, () -> {
      while (pool.stats().cpuTime().orElseThrow().compareTo(burn) < 0) {
        Thread.onSpinWait();
      }
    });
    Await.ended(burner);
    pool.close();
    assertTrue(pool.stats().cpuTime().orElseThrow().compareTo(burn) >= 0);
    assertEquals(0, pool.stats().mounted().orElseThrow());
    assertEquals(0, pool.stats().queued().orElseThrow());
  }

  @Test
  void named_onAVirtualThread_works() {
    AtomicReference<Isolation.Mode> mode = new AtomicReference<>();
    Await.ended(Thread.ofVirtual().start(() -> {
      try (CarrierPool pool = CarrierPool.named("virtual")) {
        Await.ended(start(pool, () -> mode.set(pool.isolation().mode())));
      }
    }));
    assertEquals(Isolation.Mode.DEDICATED, mode.get());
  }

  /** Timed parks included: a scheduler that is a bare ForkJoinPool would get a timer thread each, from JDK 25 on. */
  @Test
  void close_ofAHundredPools_leavesNoThreadBehind() throws InterruptedException {
    try (CarrierPool first = CarrierPool.named("warm")) {
      Await.ended(start(first, () -> LockSupport.parkNanos(1)));
    }
    Set<Thread> before = platformThreads();
    List<CarrierPool> pools = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      CarrierPool pool = CarrierPool.named("many" + i, 2);
      pools.add(pool);
      Await.ended(start(pool, () -> LockSupport.parkNanos(1)));
    }
    Set<Thread> during = platformThreads();
    during.removeAll(before);
    assertTrue(
        during.stream().allMatch(t -> t.getName().startsWith("many") || isOnePerProcess(t)), during::toString);
    pools.forEach(CarrierPool::close);
    for (Thread added : during) {
      // Close itself gives up sooner, where the machine is busy; idle, a carrier would stay for half a minute.
      assertTrue(!added.getName().startsWith("many") || added.join(Duration.ofSeconds(10)), added::toString);
    }
  }

  /** Threads that there are once per process, not once per pool. */
  private static boolean isOnePerProcess(Thread thread) {
    return thread.getName().startsWith("VirtualThread-")
        || thread.getName().startsWith("ForkJoinPool-1-worker")
        || thread.getName().equals("tidegate-watch");
  }
}
