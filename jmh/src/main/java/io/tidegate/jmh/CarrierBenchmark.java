// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh;

import io.tidegate.carrier.CarrierPool;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** A named pool against the JDK's scheduler: what it costs to start a thread there, and to hand over to another one. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 5, jvmArgsAppend = {"--add-opens", "java.base/java.lang=ALL-UNNAMED"})
public class CarrierBenchmark {
  private static final int BATCH = 1_000;
  private static final int PAIRS = 100;

  /** Whose carriers. */
  @Param({"named", "jdk"})
  public String scheduler = "";

  /** As many carriers as the JDK's scheduler has. */
  private final CarrierPool pool = CarrierPool.named(
      "bench",
      Integer.getInteger("jdk.virtualThreadScheduler.parallelism", Runtime.getRuntime().availableProcessors()));

  private ThreadFactory factory = Thread.ofVirtual().factory();

  /** Takes the pool's factory, or keeps the JDK's. */
  @Setup
  public void choose() {
    if (scheduler.equals("named")) {
      factory = pool.factory();
    }
  }

  /** Closes the pool. */
  @TearDown
  public void close() {
    pool.close();
  }

  /** Starts threads and waits until all have ended; time per thread. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void spawn() throws InterruptedException {
    CountDownLatch ended = new CountDownLatch(BATCH);
    for (int i = 0; i < BATCH; i++) {
      factory.newThread(ended::countDown).start();
    }
    ended.await();
  }

  /**
   * Two threads that wake each other in turn; time per wake-up. Partly by chance: whether both run on one carrier or each on
   * its own changes within a run, and with it the time by a factor of two or three, with either scheduler.
   */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void handOff() throws InterruptedException {
    play(new Ball(Ball.FOR_EVER));
  }

  /** The same with waits that are limited: time for a wake-up, and for a timer that is set and taken back. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void handOffInTime() throws InterruptedException {
    play(new Ball(TimeUnit.HOURS.toNanos(1)));
  }

  private void play(Ball ball) throws InterruptedException {
    ball.play(factory, BATCH);
    ball.awaitEnd();
  }

  /** As {@link #handOff} where there is one carrier: what the way of a wake-up costs, without chance. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  @Fork(value = 5, jvmArgsAppend = {
      "--add-opens", "java.base/java.lang=ALL-UNNAMED",
      "-Djdk.virtualThreadScheduler.parallelism=1", "-Djdk.virtualThreadScheduler.maxPoolSize=1"})
  public void handOffOnOneCarrier() throws InterruptedException {
    handOff();
  }

  /** A hundred pairs at once, which keep all carriers busy; time per wake-up. */
  @Benchmark
  @OperationsPerInvocation(PAIRS * BATCH)
  public void handOffOfMany() throws InterruptedException {
    Ball[] balls = new Ball[PAIRS];
    for (int i = 0; i < PAIRS; i++) {
      balls[i] = new Ball(Ball.FOR_EVER);
      balls[i].play(factory, BATCH);
    }
    for (Ball each : balls) {
      each.awaitEnd();
    }
  }

  /** What two threads pass to each other. */
  static final class Ball {
    static final long FOR_EVER = 0;

    private final long limitNanos;

    /** Whose turn it is is told by its parity. Written by the one whose turn it is. */
    private volatile int passes;

    private final Thread[] players = new Thread[2];

    /** Makes one whose players wait for it no longer than a time. */
    Ball(long limitNanos) {
      this.limitNanos = limitNanos;
    }

    /** Has two threads of a factory pass it. */
    void play(ThreadFactory factory, int rounds) {
      players[0] = factory.newThread(() -> pass(0, rounds));
      players[1] = factory.newThread(() -> pass(1, rounds));
      players[0].start();
      players[1].start();
    }

    /** Waits until they have. */
    void awaitEnd() throws InterruptedException {
      players[0].join();
      players[1].join();
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one writes at a time
    private void pass(int own, int rounds) {
      while (passes < rounds) {
        if (passes % 2 == own) {
          passes++;
          LockSupport.unpark(players[1 - own]);
        } else if (limitNanos == FOR_EVER) {
          LockSupport.park(this);
        } else {
          LockSupport.parkNanos(this, limitNanos);
        }
      }
      LockSupport.unpark(players[1 - own]);
    }
  }
}
