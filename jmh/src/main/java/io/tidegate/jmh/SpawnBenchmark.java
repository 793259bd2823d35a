// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh;

import io.tidegate.Scope;
import io.tidegate.TaskKind;
import io.tidegate.carrier.CarrierPool;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Spawns a batch of tasks that do next to nothing and waits until all have ended; time per task. */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = {"--add-opens", "java.base/java.lang=ALL-UNNAMED"})
public class SpawnBenchmark {
  private static final int BATCH = 1_000;

  private final CarrierPool pool = CarrierPool.named("spawn");
  private final TaskKind kind = new PoolKind(pool);
  private final Scope scope = Scope.root("spawn");
  private final ThreadFactory onSharedScheduler = Thread.ofVirtual().factory();
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

  private record PoolKind(String name, CarrierPool pool) implements TaskKind {
    PoolKind(CarrierPool pool) {
      this("SPAWN", pool);
    }
  }

  /** Ends what was started. */
  @TearDown
  public void close() {
    scope.close();
    pool.close();
    executor.close();
  }

  /** Tasks of a scope, on a named pool. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void scopeOnNamedPool() throws InterruptedException {
    CountDownLatch ended = new CountDownLatch(BATCH);
    for (int i = 0; i < BATCH; i++) {
      scope.spawn(kind, token -> ended.countDown());
    }
    ended.await();
  }

  /** Peer: bare virtual threads on the same named pool. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void bareOnNamedPool() throws InterruptedException {
    startBare(pool.factory());
  }

  /** Peer: bare virtual threads on the JDK's scheduler. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void bareOnSharedScheduler() throws InterruptedException {
    startBare(onSharedScheduler);
  }

  /** Peer: the JDK's executor, which keeps track of its threads. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void executorOnSharedScheduler() throws InterruptedException {
    CountDownLatch ended = new CountDownLatch(BATCH);
    for (int i = 0; i < BATCH; i++) {
      executor.execute(ended::countDown);
    }
    ended.await();
  }

  private static void startBare(ThreadFactory factory) throws InterruptedException {
    CountDownLatch ended = new CountDownLatch(BATCH);
    for (int i = 0; i < BATCH; i++) {
      factory.newThread(ended::countDown).start();
    }
    ended.await();
  }
}
