// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh;

import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.TaskKind;
import io.tidegate.carrier.CarrierPool;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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

/** Forks one task with a result in a scope that stays, joins it and takes the result; by a virtual thread. */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = {"--add-opens", "java.base/java.lang=ALL-UNNAMED"})
public class ForkBenchmark {
  private static final int ROUNDS = 1_000;

  private final TaskKind kind = new PoolKind("SHARED", CarrierPool.shared());
  private final Scope scope = Scope.root("fork");
  private final ThreadFactory jdk = Thread.ofVirtual().factory();
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

  /** Ends what was started. */
  @TearDown
  public void close() {
    scope.close();
    executor.close();
  }

  /** A task of a scope. */
  @Benchmark
  @OperationsPerInvocation(ROUNDS)
  public void scope() throws InterruptedException {
    Submitters.run(jdk, 1, () -> {
      for (int i = 0; i < ROUNDS; i++) {
        Task<String> task = scope.fork(kind, token -> "done");
        task.join();
        task.result();
      }
    });
  }

  /** Peer: a future of the JDK's executor. */
  @Benchmark
  @OperationsPerInvocation(ROUNDS)
  public void executor() throws InterruptedException {
    Submitters.run(jdk, 1, () -> {
      for (int i = 0; i < ROUNDS; i++) {
        Future<String> future = executor.submit(() -> "done");
        future.get();
      }
    });
  }
}
