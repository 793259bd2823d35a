// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh;

import io.tidegate.Scope;
import io.tidegate.TaskKind;
import io.tidegate.carrier.CarrierPool;
import io.tidegate.jmh.peer.BareThreads;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The first close of a process, whose tasks parked when nothing had ever been cancelled, and one after many; time for
 * the close of 10,000 tasks. Until then, tasks have come, waited and gone without being cancelled. Beside it the same of bare
 * threads that are interrupted and joined: what of it is the JVM's.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 10, jvmArgsAppend = {"--add-opens", "java.base/java.lang=ALL-UNNAMED"})
public class FirstCloseBenchmark {
  /** So many waits as the JIT needs to compile them, with what they never did until then left out. */
  private static final int UNCANCELLED = 20_000;

  private static final int THREADS = 10_000;

  /** Tasks of a scope. */
  @State(org.openjdk.jmh.annotations.Scope.Benchmark)
  public static class Tasks {
    private final CarrierPool pool = CarrierPool.named("first");
    private final TaskKind kind = new PoolKind("PARK", pool);
    private final Scope server = Scope.root("server");
    private Scope timeline = server;

    /** Has tasks wait, and go on since the time is over. */
    @Setup
    public void waitUncancelled() throws InterruptedException {
      try (Scope before = server.child("before")) {
        for (int i = 0; i < UNCANCELLED; i++) {
          before.spawn(kind, token -> token.sleep(Duration.ofNanos(1_000)));
        }
        before.join();
      }
    }

    /** Starts those that are closed. */
    @Setup(Level.Invocation)
    public void open() {
      timeline = server.child("closed");
      for (int i = 0; i < THREADS; i++) {
        timeline.spawn(kind, token -> token.awaitCancelled());
      }
      Idle.await(pool);
    }

    /** Closes all. */
    @TearDown
    public void close() {
      server.close();
      pool.close();
    }
  }

  /** Bare threads. */
  @State(org.openjdk.jmh.annotations.Scope.Benchmark)
  public static class Bare {
    private final CarrierPool pool = CarrierPool.named("first");
    private BareThreads threads = new BareThreads();

    /** Has threads wait, and go on since the time is over. */
    @Setup
    public void waitUninterrupted() throws InterruptedException {
      for (int i = 0; i < UNCANCELLED; i++) {
        threads.start(pool.factory(), () -> LockSupport.parkNanos(1_000));
      }
      threads.join();
    }

    /** Starts those that are interrupted. */
    @Setup(Level.Invocation)
    public void start() {
      threads = new BareThreads();
      for (int i = 0; i < THREADS; i++) {
        threads.startParked(pool.factory());
      }
      Idle.await(pool);
    }

    private void interruptAndJoin() throws InterruptedException {
      threads.interrupt();
      threads.join();
    }

    /** Closes the pool. */
    @TearDown
    public void close() {
      pool.close();
    }
  }

  /** The first. */
  @Benchmark
  @Warmup(iterations = 0)
  @Measurement(iterations = 1)
  public void first(Tasks tasks) {
    tasks.timeline.close();
  }

  /** One after many. */
  @Benchmark
  @Warmup(iterations = 20)
  @Measurement(iterations = 10)
  public void afterMany(Tasks tasks) {
    tasks.timeline.close();
  }

  /** The first of bare threads. */
  @Benchmark
  @Warmup(iterations = 0)
  @Measurement(iterations = 1)
  public void bareFirst(Bare bare) throws InterruptedException {
    bare.interruptAndJoin();
  }

  /** One of bare threads after many. */
  @Benchmark
  @Warmup(iterations = 20)
  @Measurement(iterations = 10)
  public void bareAfterMany(Bare bare) throws InterruptedException {
    bare.interruptAndJoin();
  }
}
