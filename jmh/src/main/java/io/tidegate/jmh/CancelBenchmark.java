// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh;

import io.tidegate.Scope;
import io.tidegate.TaskKind;
import io.tidegate.carrier.CarrierPool;
import io.tidegate.jmh.peer.BareThreads;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Ends a batch of parked threads and waits until all have ended; time per thread. Starting them is not measured. */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 20)
@Measurement(iterations = 20)
@Fork(value = 3, jvmArgsAppend = {"--add-opens", "java.base/java.lang=ALL-UNNAMED"})
public class CancelBenchmark {
  private static final int BATCH = 10_000;

  private final CarrierPool pool = CarrierPool.named("cancel");
  private final TaskKind kind = new PoolKind("PARK", pool);
  private Scope scope = Scope.root("cancel");
  private BareThreads threads = new BareThreads();

  /** Starts both batches and waits until all of their threads are seen parked. */
  @Setup(Level.Invocation)
  public void park() {
    scope = Scope.root("cancel");
    threads = new BareThreads();
    for (int i = 0; i < BATCH; i++) {
      scope.spawn(kind, token -> token.awaitCancelled());
      threads.startParked(pool.factory());
    }
    Idle.await(pool);
  }

  /** Ends whichever batch was not measured. */
  @TearDown(Level.Invocation)
  public void unpark() throws InterruptedException {
    closeScope();
    interruptAndJoin();
  }

  /** Closes the pool. */
  @TearDown
  public void close() {
    pool.close();
  }

  /** A scope's close: refuse, cancel, wait. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void closeScope() {
    scope.close();
  }

  /** Peer: bare virtual threads on the same pool, interrupted and joined. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void interruptAndJoin() throws InterruptedException {
    threads.interrupt();
    threads.join();
  }
}
