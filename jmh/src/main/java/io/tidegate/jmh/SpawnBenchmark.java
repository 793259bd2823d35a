// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh;

import io.tidegate.Scope;
import io.tidegate.TaskKind;
import io.tidegate.carrier.CarrierPool;
import io.tidegate.jmh.peer.JoxPeer;
import io.tidegate.jmh.peer.StructuredPeer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import kotlin.Unit;
import kotlin.coroutines.EmptyCoroutineContext;
import kotlinx.coroutines.BuildersKt;
import kotlinx.coroutines.CoroutineStart;
import kotlinx.coroutines.Dispatchers;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Spawns batches of tasks that do next to nothing, each batch waited for; time per task. Who spawns is a thread of the
 * pool.
 */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = {"--add-opens", "java.base/java.lang=ALL-UNNAMED", "--enable-preview"})
public class SpawnBenchmark {
  private static final int TASKS = 10_000;

  /** How many are spawned before they are waited for. */
  @Param({"1", "100", "10000"})
  public int batch;

  /** How many spawn at the same time. */
  @Param({"1", "2"})
  public int submitters;

  private final CarrierPool pool = CarrierPool.named("spawn");
  private final TaskKind named = new PoolKind("NAMED", pool);
  private final TaskKind shared = new PoolKind("SHARED", CarrierPool.shared());
  private final Scope scope = Scope.root("spawn");
  private final ThreadFactory jdk = Thread.ofVirtual().factory();
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

  /** Spawns one batch and waits for it. */
  @FunctionalInterface
  private interface Batch {
    void run() throws Throwable;
  }

  /** Spawns one task, which counts down. */
  @FunctionalInterface
  private interface Spawn {
    void one(CountDownLatch ended);
  }

  /** Ends what was started. */
  @TearDown
  public void close() {
    scope.close();
    pool.close();
    executor.close();
  }

  private void batches(ThreadFactory factory, Batch body) throws InterruptedException {
    int each = TASKS / batch / submitters;
    int number = each == 0 ? 1 : submitters; // one batch cannot be spawned by two
    Submitters.run(factory, number, () -> {
      for (int i = 0; i < Math.max(1, each); i++) {
        body.run();
      }
    });
  }

  private void counted(ThreadFactory factory, Spawn spawn) throws InterruptedException {
    batches(factory, () -> {
      CountDownLatch ended = new CountDownLatch(batch);
      for (int i = 0; i < batch; i++) {
        spawn.one(ended);
      }
      ended.await();
    });
  }

  /** Tasks of a scope, on a named pool. */
  @Benchmark
  @OperationsPerInvocation(TASKS)
  public void scopeNamed() throws InterruptedException {
    counted(pool.factory(), ended -> scope.spawn(named, token -> ended.countDown()));
  }

  /** Peer: bare virtual threads on the same named pool. */
  @Benchmark
  @OperationsPerInvocation(TASKS)
  public void bareNamed() throws InterruptedException {
    counted(pool.factory(), ended -> pool.factory().newThread(ended::countDown).start());
  }

  /** Tasks of a scope, on the JDK's scheduler. */
  @Benchmark
  @OperationsPerInvocation(TASKS)
  public void scopeShared() throws InterruptedException {
    counted(jdk, ended -> scope.spawn(shared, token -> ended.countDown()));
  }

  /** Peer: bare virtual threads on the JDK's scheduler. */
  @Benchmark
  @OperationsPerInvocation(TASKS)
  public void bareShared() throws InterruptedException {
    counted(jdk, ended -> jdk.newThread(ended::countDown).start());
  }

  /** Peer: the JDK's executor, which keeps track of its threads. */
  @Benchmark
  @OperationsPerInvocation(TASKS)
  public void executor() throws InterruptedException {
    counted(jdk, ended -> executor.execute(ended::countDown));
  }

  /** Peer: the JDK's structured scope, one for each batch. */
  @Benchmark
  @OperationsPerInvocation(TASKS)
  public void structuredTaskScope() throws InterruptedException {
    batches(jdk, () -> {
      Object owned = StructuredPeer.open();
      for (int i = 0; i < batch; i++) {
        StructuredPeer.fork(owned, () -> null);
      }
      StructuredPeer.joinAndClose(owned);
    });
  }

  /** Peer: jox, a supervised scope for each batch; on JDK 25 only. */
  @Benchmark
  @OperationsPerInvocation(TASKS)
  public void jox() throws InterruptedException {
    batches(jdk, () -> JoxPeer.supervised(owned -> {
      for (int i = 0; i < batch; i++) {
        JoxPeer.fork(owned, () -> "done");
      }
    }));
  }

  /** Peer: coroutines, which have no stack of their own; one scope for each batch, on the dispatcher for computing. */
  @Benchmark
  @OperationsPerInvocation(TASKS)
  public void coroutines() throws InterruptedException {
    batches(jdk, () -> BuildersKt.runBlocking(EmptyCoroutineContext.INSTANCE, (owned, end) -> {
      for (int i = 0; i < batch; i++) {
        BuildersKt.launch(owned, Dispatchers.getDefault(), CoroutineStart.DEFAULT, (own, ownEnd) -> Unit.INSTANCE);
      }
      return Unit.INSTANCE;
    }));
  }
}
