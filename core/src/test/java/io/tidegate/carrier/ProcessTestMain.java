// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import io.tidegate.carrier.SchedulerAccess.Open;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
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
  private static final String UNBLOCKER = "VirtualThread-unblocker";

  private ProcessTestMain() {}

  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "pools" -> pools();
      case "pollers" -> pollers();
      case "pollers-virtual-start" -> Await.ended(Thread.ofVirtual().start(ProcessTestMain::pollersUnchecked));
      case "pollers-uncured" -> pollersUncured();
      case "rejects" -> rejects();
      case "rejects-unblocker" -> rejectsUnblocker();
      case "rejects-poller" -> rejectsPoller();
      case "daemons" -> daemons();
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
    return isThere("tidegate-watch");
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

  /** A scheduler that rejects once it is told to. */
  private static final class Rejecting implements Executor {
    private final Open access = (Open) SchedulerProbe.run();
    private final AtomicBoolean rejects = new AtomicBoolean();

    @Override
    public void execute(Runnable continuation) {
      if (rejects.get()) {
        throw new RejectedExecutionException("closed");
      }
      access.jdkScheduler().execute(continuation);
    }

    Thread start(Runnable body) throws ReflectiveOperationException {
      Thread thread = access.route().factoryOn(this).newThread(body);
      thread.start();
      return thread;
    }
  }

  private static void rejects() throws ReflectiveOperationException {
    Rejecting scheduler = new Rejecting();
    Thread thread = scheduler.start(LockSupport::park);
    Await.parked(thread);
    scheduler.rejects.set(true);
    try {
      LockSupport.unpark(thread);
      OUT.println("unpark did not throw");
    } catch (RejectedExecutionException e) {
      scheduler.rejects.set(false);
      LockSupport.unpark(thread);
      LockSupport.unpark(thread);
      OUT.println(thread.isAlive() ? "thread lost" : "thread ended");
    }
  }

  /** A thread at a monitor whose scheduler rejects it when the monitor becomes free. */
  private static void rejectsUnblocker() throws ReflectiveOperationException {
    Rejecting scheduler = new Rejecting();
    Object monitor = new Object();
    synchronized (monitor) {
      Thread thread = scheduler.start(() -> {
        synchronized (monitor) {
          monitor.notifyAll();
        }
      });
      Await.until("blocked", () -> thread.getState() == Thread.State.BLOCKED);
      OUT.println(isThere(UNBLOCKER) ? "unblocker" : "no unblocker");
      scheduler.rejects.set(true);
    }
    Await.until("unblocker ended", () -> !isThere(UNBLOCKER));
    OUT.println("no unblocker left");
  }

  /** A thread in a read whose scheduler rejects it when a byte comes. */
  private static void rejectsPoller() throws ReflectiveOperationException, IOException {
    initialisePollers();
    ByteArrayOutputStream told = new ByteArrayOutputStream();
    System.setErr(new PrintStream(told, true, StandardCharsets.UTF_8));
    Rejecting scheduler = new Rejecting();
    Connection connection = Connection.open(); // left open: its reader is lost
    Await.parked(scheduler.start(connection::read));
    scheduler.rejects.set(true);
    connection.write(1);
    Await.until("a poller has told its end", () -> told.toString(StandardCharsets.UTF_8).contains("ollerLoop")
        || told.toString(StandardCharsets.UTF_8).contains("pollLoop"));
    OUT.println(told.toString(StandardCharsets.UTF_8));
    OUT.println(isThere("Read-Poller") ? "a read poller is left" : "no read poller of the OS is left");
  }

  private static boolean isThere(String name) {
    return Thread.getAllStackTraces().keySet().stream().anyMatch(thread -> thread.getName().equals(name));
  }

  /** Threads of both sorts of scheduler that nobody waits for. */
  private static void daemons() {
    Await.parked(Thread.ofVirtual().start(LockSupport::park));
    Thread thread = CarrierPool.named("left").factory().newThread(LockSupport::park);
    thread.start();
    Await.parked(thread);
    OUT.println("main ends");
  }
}
