// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.Blocked;
import io.tidegate.carrier.SchedulerAccess.Open;
import io.tidegate.carrier.SchedulerAccess.Route;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the carrier pools rely on in the JDK: each test is a guard against the next one. */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD) // if a wait hangs
@Tag("with-flag")
class JvmFactsTest {
  static Stream<String> routes() {
    return SchedulerProbe.routes().keySet().stream();
  }

  private static Open access() {
    return assertInstanceOf(Open.class, CarrierStart.access());
  }

  private static Thread newThread(Executor scheduler, Runnable body) {
    return access().route().newThread(scheduler, "", body);
  }

  @ParameterizedTest
  @MethodSource("routes")
  void route_onThisJdk_bringsTheThreadToItsScheduler(String name) throws ReflectiveOperationException {
    Route route = Objects.requireNonNull(SchedulerProbe.routes().get(name)).find();
    SchedulerProbe.verify(route);
    assertEquals("named", route.newThread(Runnable::run, "named", () -> {}).getName());
  }

  @Test
  void verify_routeThatIgnoresTheScheduler_fails() {
    Route ignoring = (scheduler, name, body) -> Thread.ofVirtual().unstarted(body);
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

  // ---- who hands over, and what may run it

  /** Takes what is handed over, and notes by whom; the test is the carrier. */
  private static final class Hands implements Executor {
    private final BlockingQueue<Runnable> continuations = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> by = new LinkedBlockingQueue<>();

    @Override
    public void execute(Runnable continuation) {
      by.add(Thread.currentThread().getName());
      continuations.add(continuation);
    }

    void runNext() {
      try {
        Objects.requireNonNull(continuations.poll(Await.LIMIT.toMillis(), TimeUnit.MILLISECONDS)).run();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    /** Starts a thread, and has it run until it waits. */
    Thread startUntilItWaits(Runnable body) {
      Thread thread = newThread(this, body);
      thread.start();
      by.clear();
      runNext();
      return thread;
    }
  }

  /** So a hand-over must not block, nor throw: the JDK's own threads would. */
  @Test
  void handOver_isByWhoeverWakesTheThread() {
    Hands hands = new Hands();
    Thread parked = hands.startUntilItWaits(LockSupport::park);
    Await.ended(Thread.ofPlatform().name("waker").start(() -> LockSupport.unpark(parked)));
    assertEquals(List.of("waker"), List.copyOf(hands.by));
    hands.runNext();
    Await.ended(parked);
    // Long enough to be off its carrier before the time is over: else it would hand itself over.
    Thread timed = hands.startUntilItWaits(() -> LockSupport.parkNanos(500_000_000));
    hands.runNext();
    assertTrue(hands.by.element().startsWith("VirtualThread-unparker"), hands.by::toString);
    Await.ended(timed);
  }

  /** From 24 on the JDK has one thread that wakes all that wait for a monitor. */
  @Test
  void handOver_atAContendedMonitor_isByTheUnblockerFrom24On() {
    Hands hands = new Hands();
    Object monitor = new Object();
    Thread thread = newThread(hands, () -> {
      synchronized (monitor) {
        monitor.notifyAll();
      }
    });
    thread.start();
    hands.by.clear();
    Thread carrier;
    synchronized (monitor) {
      carrier = Thread.ofPlatform().start(hands::runNext);
      Await.until("blocked", () -> thread.getState() == Thread.State.BLOCKED);
    }
    if (Runtime.version().feature() >= 24) {
      hands.runNext();
      assertEquals("VirtualThread-unblocker", hands.by.element());
    } else {
      assertTrue(hands.by.isEmpty());
    }
    Await.ended(carrier);
    Await.ended(thread);
  }

  /** Up to 23 a thread that parks in a monitor keeps its carrier; later it does not (JEP 491). */
  @Test
  void park_inAMonitor_keepsTheCarrierUpTo23() {
    Hands hands = new Hands();
    Object monitor = new Object();
    AtomicBoolean go = new AtomicBoolean();
    Thread thread = newThread(hands, () -> {
      synchronized (monitor) {
        while (!go.get()) {
          LockSupport.park(monitor);
        }
      }
    });
    thread.start();
    Thread carrier = Thread.ofPlatform().start(hands::runNext);
    Await.until("parked", () -> LockSupport.getBlocker(thread) == monitor);
    boolean keeps = Runtime.version().feature() < 24;
    if (keeps) {
      Await.parked(carrier);
    } else {
      Await.ended(carrier);
    }
    Await.parked(thread);
    assertEquals(keeps, carrier.isAlive());
    go.set(true);
    LockSupport.unpark(thread);
    if (!keeps) {
      hands.runNext();
    }
    Await.ended(thread);
    Await.ended(carrier);
  }

  /** So carriers are platform threads. */
  @Test
  void continuation_onAVirtualThread_isRefusedAndNotLost() {
    Hands hands = new Hands();
    AtomicBoolean ran = new AtomicBoolean();
    Thread thread = newThread(hands, () -> ran.set(true));
    thread.start();
    Runnable continuation = hands.continuations.remove();
    AtomicBoolean refused = new AtomicBoolean();
    Await.ended(Thread.ofVirtual().start(() -> {
      assertThrows(WrongThreadException.class, continuation::run);
      refused.set(true);
    }));
    assertTrue(refused.get());
    assertFalse(ran.get());
    continuation.run();
    Await.ended(thread);
    assertTrue(ran.get());
  }

  /** So whoever counts a thread that it starts can take it back: the body will not run, and the thread has ended. */
  @Test
  void start_schedulerThrows_endsTheThreadAndTellsTheStarter() {
    AtomicBoolean ran = new AtomicBoolean();
    List<Runnable> kept = new ArrayList<>();
    Thread thread = newThread(continuation -> {
      kept.add(continuation);
      throw new OutOfMemoryError("no carrier, says the test");
    }, () -> ran.set(true));
    assertThrows(OutOfMemoryError.class, thread::start);
    assertSame(Thread.State.TERMINATED, thread.getState());
    kept.getFirst().run();
    assertFalse(ran.get());
  }

  /** So the JDK is handed a wrapper of the carriers: given the bare pool, it takes a timer thread each from 25 on. */
  @Test
  void timedPark_onABareForkJoinPool_takesATimerThreadFrom25On() {
    boolean takes = Runtime.version().feature() >= 25;
    assertEquals(takes, hasTimerAfterATimedPark(pool -> pool));
    assertFalse(hasTimerAfterATimedPark(JvmFactsTest::wrapped));
  }

  @SuppressWarnings("UnnecessaryMethodReference") // the JDK looks at what it is handed
  private static Executor wrapped(ForkJoinPool pool) {
    return pool::execute;
  }

  private static boolean hasTimerAfterATimedPark(Function<ForkJoinPool, Executor> scheduler) {
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    try (ForkJoinPool pool = new ForkJoinPool(1)) {
      Thread thread = newThread(scheduler.apply(pool), () -> LockSupport.parkNanos(1));
      thread.start();
      Await.ended(thread);
      return Thread.getAllStackTraces().keySet().stream()
          .anyMatch(added -> !before.contains(added) && added.getName().endsWith("-delayScheduler"));
    }
  }

  /** So file access has pools of platform threads: it keeps a carrier, and no other takes its place. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void fileRead_thatWaits_keepsTheCarrierWithoutASubstitute(@TempDir Path folder) throws Exception {
    Path pipe = folder.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    List<String> order = new CopyOnWriteArrayList<>();
    try (ForkJoinPool pool = new ForkJoinPool(1); // it may have more than one thread where it compensates
        RandomAccessFile writer = new RandomAccessFile(pipe.toFile(), "rw");
        FileInputStream reader = new FileInputStream(pipe.toFile())) {
      Thread reads = newThread(wrapped(pool), () -> order.add("read " + read(reader)));
      reads.start();
      Blocked.in(reads, FileInputStream.class, "read");
      Thread next = newThread(wrapped(pool), () -> order.add("next"));
      next.start();
      Blocked.in(reads, FileInputStream.class, "read");
      assertEquals(1, pool.getPoolSize());
      writer.write(7);
      Await.ended(reads);
      Await.ended(next);
    }
    assertEquals(List.of("read 7", "next"), order);
  }

  private static int read(FileInputStream file) {
    try {
      return file.read();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same where a virtual thread says that it blocks. */
  @Test
  void managedBlock_inAVirtualThread_keepsTheCarrierWithoutASubstitute() {
    AtomicBoolean go = new AtomicBoolean();
    AtomicBoolean blocks = new AtomicBoolean();
    List<String> order = new CopyOnWriteArrayList<>();
    try (ForkJoinPool pool = new ForkJoinPool(1)) {
      Thread thread = newThread(wrapped(pool), () -> {
        block(blocks, go);
        order.add("blocked");
      });
      thread.start();
      Await.until("blocks", blocks::get);
      Thread next = newThread(wrapped(pool), () -> order.add("next"));
      next.start();
      assertEquals(1, pool.getPoolSize());
      go.set(true);
      Await.ended(thread);
      Await.ended(next);
    }
    assertEquals(List.of("blocked", "next"), order);
  }

  private static void block(AtomicBoolean blocks, AtomicBoolean go) {
    try {
      ForkJoinPool.managedBlock(new ForkJoinPool.ManagedBlocker() {
        @Override
        public boolean block() {
          blocks.set(true);
          while (!go.get()) {
            Thread.onSpinWait();
          }
          return true;
        }

        @Override
        public boolean isReleasable() {
          return go.get();
        }
      });
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** So a schedule can be replayed from a seed: what runs next is the choice of the scheduler alone. */
  @Test
  void oneCarrier_orderFromASeed_givesTheSameScheduleAgain() {
    String first = schedule(1);
    assertEquals(first, schedule(1));
    assertNotEquals(first, schedule(2));
  }

  /** Runs threads that share a lock and a queue, each time one of those that are ready, drawn from the seed. */
  @SuppressWarnings("ThreadPriorityCheck") // a yield is a step
  private static String schedule(long seed) {
    List<Runnable> ready = new ArrayList<>();
    StringBuilder trail = new StringBuilder();
    ReentrantLock lock = new ReentrantLock();
    BlockingQueue<Integer> queue = new LinkedBlockingQueue<>(2);
    for (int i = 0; i < 6; i++) {
      int number = i;
      newThread(ready::add, () -> {
        for (int turn = 0; turn < 5; turn++) {
          lock.lock();
          try {
            trail.append(number);
            Thread.yield();
          } finally {
            lock.unlock();
          }
          trail.append(number % 2 == 0 ? "p" + offer(queue, number) : "t" + take(queue));
        }
      }).start();
    }
    Random random = new Random(seed);
    while (!ready.isEmpty()) {
      ready.remove(random.nextInt(ready.size())).run();
    }
    return trail.toString();
  }

  private static int offer(BlockingQueue<Integer> queue, int number) {
    try {
      queue.put(number);
      return number;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static int take(BlockingQueue<Integer> queue) {
    try {
      return queue.take();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
