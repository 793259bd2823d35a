// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import io.tidegate.carrier.SchedulerAccess.Open;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** The programs that {@link ProcessTest} runs. */
final class ProcessTestMain {
  private static final PrintStream OUT = System.out;

  private ProcessTestMain() {}

  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "pools" -> pools();
      case "pollers" -> pollers();
      case "pollers-virtual-start" -> Await.ended(Thread.ofVirtual().start(ProcessTestMain::pollersUnchecked));
      case "pollers-uncured" -> pollersUncured();
      case "rejects" -> rejects();
      case "starves" -> starves();
      case "burns" -> burns();
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  private static void pools() {
    for (int i = 0; i < 3; i++) {
      try (CarrierPool pool = CarrierPool.named("p")) {
        OUT.println("pool " + pool.isolation().mode() + ": " + pool.isolation().reason());
      } catch (IllegalStateException e) {
        OUT.println("pool \"p\" failed: " + e.getMessage());
      }
    }
  }

  /** Four pools, of both sorts, that burn more and less CPU, and then keep their threads until the input ends. */
  private static void burns() {
    List<CarrierPool> pools = List.of(
        CarrierPool.named("walreceiver", 1),
        CarrierPool.named("compute", 1),
        CarrierPool.platform("files", 1),
        CarrierPool.named("background", 1));
    AtomicInteger burnt = new AtomicInteger();
    for (int i = 0; i < pools.size(); i++) {
      CarrierPool pool = pools.get(i);
      Duration burn = Duration.ofMillis(100L * (i + 1));
      pool.start("BURNS", () -> {
        while (pool.stats().cpuTime().orElseThrow().compareTo(burn) < 0) {
          Thread.onSpinWait();
        }
        burnt.incrementAndGet();
        blockCarrier();
      });
    }
    Await.until("all burnt", () -> burnt.get() == pools.size());
    for (CarrierPool pool : pools) {
      OUT.println(pool.name() + " " + pool.stats().cpuTime().orElseThrow().toNanos());
    }
    OUT.println("burnt");
    pools.forEach(CarrierPool::close);
  }

  /** Reads the input, which keeps even a carrier, until there is no more. */
  private static void blockCarrier() {
    try {
      int end = new FileInputStream(FileDescriptor.in).read();
      assert end < 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void starves() {
    AtomicBoolean go = new AtomicBoolean();
    CarrierPool pool = CarrierPool.newPool("hogged").parallelism(1).starvationLimit(Duration.ofMillis(1)).open();
    CarrierPool other = CarrierPool.platform("other", 1);
    pool.start("HOG", () -> {
      while (!go.get()) {
        Thread.onSpinWait();
      }
    });
    Await.until("hog runs", () -> pool.stats().mounted().orElseThrow() == 1);
    Await.until("its own wait is over", () -> pool.stats().starvation().isEmpty());
    pool.start("WAITS", () -> {});
    Await.until("several looks", () -> hasStarvedFor(pool, Duration.ofMillis(20)));
    go.set(true);
    Await.until("over", () -> pool.stats().starvation().isEmpty());
    pool.close();
    OUT.println("spells " + pool.stats().starvations());
    OUT.println("watched " + isWatched());
    other.close();
    Await.until("no watch left", () -> !isWatched());
    OUT.println("no watch left");
  }

  private static boolean hasStarvedFor(CarrierPool pool, Duration time) {
    return pool.stats().starvation().filter(now -> now.waited().compareTo(time) > 0).isPresent();
  }

  private static boolean isWatched() {
    return Thread.getAllStackTraces().keySet().stream().anyMatch(thread -> thread.getName().equals("tidegate-watch"));
  }

  private static void pollersUnchecked() {
    try {
      pollers();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void pollers() throws IOException {
    CarrierPool pool = CarrierPool.named("first");
    readIn(pool);
    pool.close();
    Connection.checkThatReadsWork();
    OUT.println("reads work");
  }

  /** Opens a connection, and so the JDK's network, in a thread of the pool. */
  private static void readIn(CarrierPool pool) {
    Thread thread = pool.factory().newThread(() -> {
      try {
        Connection.checkThatReadsWork();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    });
    thread.start();
    Await.ended(thread);
  }

  /** A scheduler of one thread that opens the network before anybody else does, and counts who comes to it. */
  private static void pollersUncured() throws ReflectiveOperationException {
    Open access = (Open) SchedulerProbe.run();
    Queue<Runnable> handedOver = new ConcurrentLinkedQueue<>();
    Thread thread = access.route().factoryOn(handedOver::add).newThread(ProcessTestMain::initialisePollers);
    thread.start();
    int runs = 0;
    for (Runnable next = handedOver.poll(); next != null || thread.isAlive(); next = handedOver.poll()) {
      if (next != null) {
        next.run();
        runs++;
      }
    }
    boolean others = runs > 1;
    OUT.println(others ? "a poller is on the scheduler" : "no poller is on the scheduler");
  }

  private static void initialisePollers() {
    try {
      Class.forName("sun.nio.ch.Poller", true, null);
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  private static void rejects() throws ReflectiveOperationException {
    Open access = (Open) SchedulerProbe.run();
    AtomicBoolean closed = new AtomicBoolean();
    Executor rejecting = continuation -> {
      if (closed.get()) {
        throw new RejectedExecutionException("closed");
      }
      access.jdkScheduler().execute(continuation);
    };
    Thread thread = access.route().factoryOn(rejecting).newThread(LockSupport::park);
    thread.start();
    Await.parked(thread);
    closed.set(true);
    try {
      LockSupport.unpark(thread);
      OUT.println("unpark did not throw");
    } catch (RejectedExecutionException e) {
      closed.set(false);
      LockSupport.unpark(thread);
      LockSupport.unpark(thread);
      OUT.println(thread.isAlive() ? "thread lost" : "thread ended");
    }
  }
}
