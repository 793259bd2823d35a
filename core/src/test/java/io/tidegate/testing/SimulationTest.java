// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.Gate;
import io.tidegate.Logs;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.TaskKind;
import io.tidegate.carrier.CarrierPool;
import io.tidegate.sync.Limiter;
import io.tidegate.sync.Ticker;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;

/** What a run of a simulation is: its schedule, its time, and what makes it fail. */
@Tag("with-flag")
class SimulationTest {
  /** Pools that a program has for the life of the process, made outside of all runs. */
  private enum Kind implements TaskKind {
    RECEIVE(CarrierPool.named("sim-receive", 2)),
    FLUSH(CarrierPool.platform("sim-flush", 2)),
    SHARED(CarrierPool.shared());

    private final CarrierPool pool;

    Kind(CarrierPool pool) {
      this.pool = pool;
    }

    @Override
    public CarrierPool pool() {
      return pool;
    }
  }

  private final List<Logs> quiet = List.of(Logs.off(Scope.class), Logs.off(Gate.class), Logs.off(Ticker.class));

  @AfterEach
  void loud() {
    quiet.forEach(Logs::close);
  }

  @AfterAll
  static void closePools() {
    Kind.RECEIVE.pool.close();
    Kind.FLUSH.pool.close();
  }

  // ---- the schedule

  /** Two threads past all scopes, whose steps are named here: the trace depends on nothing but the engine. */
  private static void twoThreads() throws Exception {
    List<Thread> threads = new ArrayList<>();
    for (String name : List.of("left", "right")) {
      Thread thread = Kind.RECEIVE.pool.factory().newThread(() -> {
        Simulation.step("reads");
        Simulation.step("writes");
      });
      thread.setName(name);
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }

  /** The same on every JDK, in every process. */
  @Test
  void run_seed_hasItsTrace() {
    assertEquals(
        """
           step        time  thread                   what
        >     1         0 s  #2 left                  reads
        >     2         0 s  #3 right                 reads
              3         0 s  #3 right                 writes
              3         0 s  #3 right                 has ended
        >     4         0 s  #2 left                  writes
              4         0 s  #2 left                  has ended
        >     4         0 s  #1 main                  has ended
        """,
        Simulation.run(43, SimulationTest::twoThreads).trace());
  }

  @Test
  void run_sameSeed_sameTrace() {
    for (long seed = 0; seed < 20; seed++) {
      assertEquals(Simulation.run(seed, SimulationTest::server).trace(), Simulation.run(seed, SimulationTest::server).trace());
    }
  }

  @Test
  void run_otherSeed_otherTrace() {
    assertNotEquals(Simulation.run(1, SimulationTest::server).trace(), Simulation.run(2, SimulationTest::server).trace());
  }

  /** A little of everything, in all kinds of pools. */
  private static void server() throws Exception {
    try (Scope server = Scope.root("server")) {
      Scope child = server.child("child");
      AtomicInteger ticks = new AtomicInteger();
      Task<?> ticker = child.spawn(Kind.RECEIVE,
          token -> Ticker.named("ticker").every(Duration.ofMinutes(1)).run(own -> ticks.incrementAndGet(), token));
      List<Task<?>> flushes = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        flushes.add(child.spawn(Kind.FLUSH, token -> token.sleep(Duration.ofSeconds(1))));
      }
      for (Task<?> flush : flushes) {
        flush.join();
      }
      server.spawn(Kind.SHARED, token -> child.cancel("enough")).join();
      ticker.join();
    }
  }

  private static void lostUpdate() throws Exception {
    AtomicInteger number = new AtomicInteger();
    try (Scope scope = Scope.root("scope")) {
      for (int i = 0; i < 3; i++) {
        scope.spawn(Kind.RECEIVE, token -> {
          int read = number.get();
          Simulation.step("has read");
          number.set(read + 1);
        });
      }
      scope.join();
    }
    assertEquals(3, number.get());
  }

  /** The seed that is found fails again, and so does the schedule that it was shrunk to, of which nothing can be left out. */
  @Test
  void explore_lostUpdate_isFoundAndShrunk() {
    SimulationFailure found =
        assertThrows(SimulationFailure.class, () -> Simulation.explore(10_000, SimulationTest::lostUpdate));

    assertTrue(found.getMessage().contains("seed " + found.seed()), found::getMessage);
    assertTrue(found.getMessage().matches("(?s).*shrunk to (1 preemption|2 preemptions) .*"), found::getMessage);
    assertTrue(found.trace().contains("RECEIVE-2"), found::trace);
    SimulationFailure again =
        assertThrows(SimulationFailure.class, () -> Simulation.run(found.seed(), SimulationTest::lostUpdate));
    assertEquals(found.getCause().getMessage(), again.getCause().getMessage());
    SimulationFailure replayed = assertThrows(
        SimulationFailure.class, () -> Simulation.replay(found.seed(), found.schedule(), SimulationTest::lostUpdate));
    assertEquals(found.trace(), replayed.trace());
  }

  @Test
  void explore_time_endsWithIt() {
    Simulation.Exploration exploration = Simulation.explore(Duration.ofMillis(1), SimulationTest::twoThreads);

    assertTrue(exploration.schedules() > 0, exploration::toString);
    assertTrue(exploration.schedulesPerSecond() > 0, exploration::toString);
  }

  /** What depends on something else than the schedule is told, not shrunk to something arbitrary. */
  @Test
  void explore_bodyDependsOnSomethingElse_isTold() {
    AtomicInteger runs = new AtomicInteger();

    SimulationFailure failure = assertThrows(
        SimulationFailure.class, () -> Simulation.explore(10, () -> assertNotEquals(3, runs.incrementAndGet())));

    assertTrue(failure.getMessage().contains("does not fail the same way again"), failure::getMessage);
  }

  // ---- time

  @Test
  void run_waits_takeNoTime() {
    Simulation.Result result = Simulation.run(1, () -> CancellationToken.none().sleep(Duration.ofDays(1)));

    assertEquals(Duration.ofDays(1), result.time());
  }

  @Test
  void run_tickerEachMinute_ticks() {
    AtomicInteger ticks = new AtomicInteger();

    Simulation.Result result = Simulation.run(1, () -> {
      CancellationToken token = CancellationToken.create().withTimeout(Duration.ofMinutes(100));
      Ticker ticker = Ticker.named("ticker").jitter(0).every(Duration.ofMinutes(1));
      assertThrows(
          CancelledException.class, () -> ticker.run(own -> ticks.incrementAndGet(), token));
    });

    assertEquals(Duration.ofMinutes(100), result.time());
    assertTrue(ticks.get() >= 99 && ticks.get() <= 101, ticks::toString);
  }

  // ---- pools

  /** A platform pool of two runs two at a time here too, and the pool outside is not touched. */
  @Test
  void run_platformPool_runsSoManyAtATime() {
    long startedBefore = Kind.FLUSH.pool.stats().started();
    Simulation.Result result = Simulation.run(1, () -> {
      try (Scope scope = Scope.root("scope")) {
        for (int i = 0; i < 4; i++) {
          scope.spawn(Kind.FLUSH, token -> token.sleep(Duration.ofSeconds(1)));
        }
        scope.join();
      }
    });

    assertEquals(Duration.ofSeconds(2), result.time());
    assertEquals(startedBefore, Kind.FLUSH.pool.stats().started());
  }

  /** A program that closes its pools finds them closed; the next run finds them open. */
  @Test
  void run_closesPool_isOpenInTheNextRun() {
    for (int i = 0; i < 2; i++) {
      Simulation.run(i, () -> {
        assertFalse(Kind.RECEIVE.pool.isClosed());
        Kind.RECEIVE.pool.start("thread", () -> assertSame(Kind.RECEIVE.pool, CarrierPool.current()));
        Kind.RECEIVE.pool.close();
        assertTrue(Kind.RECEIVE.pool.isClosed());
        assertThrows(
            RejectedExecutionException.class, () -> Kind.RECEIVE.pool.start("late", () -> {}));
      });
    }
    assertFalse(Kind.RECEIVE.pool.isClosed());
  }

  @Test
  void run_poolOfItsOwn_works() {
    Simulation.run(1, () -> {
      CountDownLatch ran = new CountDownLatch(2);
      try (CarrierPool pool = CarrierPool.named("own", 3)) {
        pool.start("one", ran::countDown);
        pool.factory().newThread(ran::countDown).start();
      }
      assertEquals(0, ran.getCount());
    });
  }

  // ---- failures

  @Test
  void run_assertionFailsInATask_fails() {
    SimulationFailure failure = fails(() -> {
      try (Scope scope = Scope.root("scope")) {
        scope.spawn(Kind.RECEIVE, token -> {
          throw new AssertionError("as the task sees");
        });
      }
    });

    assertEquals("as the task sees", failure.getCause().getMessage());
    assertTrue(failure.getMessage().startsWith("seed 7 fails"), failure::getMessage);
  }

  @Test
  void run_stuck_namesTasksAndCycle() {
    SimulationFailure failure = fails(() -> {
      Limiter left = Limiter.of("left", 1);
      Limiter right = Limiter.of("right", 1);
      try (Scope scope = Scope.root("scope")) {
        CountDownLatch both = new CountDownLatch(2);
        scope.newTask(Kind.RECEIVE).name("one").spawn(token -> takeBoth(left, right, both));
        scope.newTask(Kind.RECEIVE).name("two").spawn(token -> takeBoth(right, left, both));
        scope.join();
      }
    });

    String told = failure.getMessage();
    assertTrue(told.contains("stuck"), told);
    assertTrue(told.contains("#2 one waits for limiter right"), told);
    assertTrue(told.contains("#3 two waits for limiter left"), told);
    assertTrue(told.contains("a cycle: "), told);
  }

  private static void takeBoth(Limiter first, Limiter second, CountDownLatch both) throws InterruptedException {
    try (Limiter.Permit one = first.acquire(CancellationToken.none())) {
      both.countDown();
      both.await();
      try (Limiter.Permit other = second.acquire(CancellationToken.none())) {
        throw new AssertionError(one + " and " + other);
      }
    }
  }

  /** The story of a slow close wakes its teller for ever, but nothing happens by that. */
  @Test
  void run_closeNeverEnds_isStuck() {
    SimulationFailure failure = fails(() -> {
      Gate gate = Gate.create("gate");
      gate.enter("forgotten");
      Thread closer = Thread.startVirtualThread(gate::close);
      closer.join();
    });

    assertTrue(failure.getMessage().contains("waits for gate gate (closing)"), failure::getMessage);
  }

  @Test
  void run_bodyLeavesThreads_fails() {
    SimulationFailure failure = fails(() -> {
      Scope scope = Scope.root("scope");
      scope.newTask(Kind.RECEIVE).name("forgotten").spawn(CancellationToken::awaitCancelled);
    });

    assertTrue(failure.getMessage().contains("left behind"), failure::getMessage);
    assertTrue(failure.getMessage().contains("forgotten waits for"), failure::getMessage);
  }

  /** What is left of a run that has failed is ended. */
  @Test
  void run_fails_endsItsThreads() throws Exception {
    List<Thread> threads = new ArrayList<>();
    fails(() -> {
      Scope scope = Scope.root("scope");
      ReentrantLock lock = new ReentrantLock();
      lock.lock();
      scope.spawn(Kind.RECEIVE, token -> note(threads, token::awaitCancelled));
      scope.spawn(Kind.FLUSH, token -> note(threads, () -> new CountDownLatch(1).await()));
      scope.spawn(Kind.SHARED, token -> note(threads, lock::lockInterruptibly));
      scope.join();
    });

    assertEquals(3, threads.size());
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private interface Waits {
    void await() throws InterruptedException;
  }

  private static void note(List<Thread> threads, Waits waits) throws InterruptedException {
    threads.add(Thread.currentThread());
    waits.await();
  }

  @Test
  void run_goesOnForEver_fails() {
    SimulationFailure failure = fails(() -> {
      while (!CancellationToken.none().isCancelled()) {
        Simulation.step("spins");
      }
    });

    assertTrue(failure.getMessage().contains("no end after"), failure::getMessage);
  }

  // ---- escapes

  @Test
  void run_sleeps_isNamed() {
    assertEscapes("by the clock of the machine", () -> Thread.sleep(50));
  }

  @Test
  void run_sleepsBesideOthers_isNamed() {
    assertEscapes("by the clock of the machine", () -> {
      Thread sleeper = Thread.startVirtualThread(() -> LockSupport.parkNanos(50_000_000));
      while (sleeper.isAlive()) {
        while (sleeper.getState() == Thread.State.TIMED_WAITING) {
          Thread.onSpinWait(); // however long it takes, in one step of the run
        }
        Simulation.step("looks");
      }
    });
  }

  @Test
  void run_waitsForATime_isNamed() {
    assertEscapes("by the clock of the machine", () -> assertFalse(new CountDownLatch(1).await(50, TimeUnit.MILLISECONDS)));
  }

  /** On JDK 21 whoever waits inside of a monitor keeps the only carrier, so nobody can come to that monitor. */
  @Test
  @EnabledForJreRange(minVersion = 24)
  void run_waitsForAMonitor_isNamed() {
    assertEscapes("for a contended monitor", () -> {
      Object monitor = new Object();
      AtomicBoolean held = new AtomicBoolean();
      Thread holder = Thread.startVirtualThread(() -> {
        synchronized (monitor) {
          held.set(true);
          sleepForASecond();
        }
      });
      while (!held.get()) {
        Simulation.step("looks");
      }
      synchronized (monitor) {
        assertFalse(holder.isAlive());
      }
    });
  }

  private static void sleepForASecond() {
    try {
      CancellationToken.none().sleep(Duration.ofSeconds(1));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void run_waitsForASocket_isNamed() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertEscapes("for a socket", () -> server.accept().close());
    }
  }

  @Test
  void run_isWokenFromOutside_isNamed() {
    assertEscapes("for a thread that is not of the run", () -> {
      CountDownLatch latch = new CountDownLatch(1);
      AtomicReference<Thread> waiter = new AtomicReference<>();
      Thread thread = Thread.startVirtualThread(() -> {
        waiter.set(Thread.currentThread());
        while (latch.getCount() > 0) {
          LockSupport.park(latch);
        }
      });
      Thread outside = Thread.ofPlatform().start(() -> {
        while (waiter.get() == null || waiter.get().getState() != Thread.State.WAITING) {
          Thread.onSpinWait();
        }
        latch.countDown();
        LockSupport.unpark(waiter.get());
      });
      while (thread.isAlive() || outside.isAlive()) {
        Simulation.step("looks");
      }
    });
  }

  private static void assertEscapes(String why, Simulation.Body body) {
    SimulationFailure failure = fails(body);
    assertTrue(failure.getMessage().contains("a wait escapes the simulation"), failure::getMessage);
    assertTrue(failure.getMessage().contains(why), failure::getMessage);
    assertTrue(failure.getMessage().contains("SimulationTest"), failure::getMessage);
  }

  private static SimulationFailure fails(Simulation.Body body) {
    return assertThrows(SimulationFailure.class, () -> Simulation.run(7, body));
  }

  // ---- cancel at every step

  @Test
  void cancelAtEveryStep_bodyListens_passes() {
    long runs = Simulation.cancelAtEveryStep(Duration.ofSeconds(2), scope -> {
      scope.child("child").spawn(Kind.FLUSH, CancellationToken::awaitCancelled);
      scope.token().sleep(Duration.ofSeconds(10));
    });

    assertTrue(runs > 100, () -> runs + " runs");
  }

  @Test
  void cancelAtEveryStep_taskIsDeaf_fails() {
    SimulationFailure failure = assertThrows(
        SimulationFailure.class,
        () -> Simulation.cancelAtEveryStep(Duration.ofSeconds(2), scope -> {
          Gate gate = Gate.create("held");
          Gate.Guard guard = gate.enter("holder");
          scope.spawn(Kind.RECEIVE, token -> gate.close()); // waits through cancels
          try {
            scope.token().sleep(Duration.ofMinutes(1));
          } finally {
            CancellationToken.none().child().withTimeout(Duration.ofMinutes(1)).onCancel(guard::close);
          }
        }));

    assertTrue(failure.getMessage().contains("at step "), failure::getMessage);
    assertTrue(failure.getMessage().contains("not closed within PT2S"), failure::getMessage);
  }
}
