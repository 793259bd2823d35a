// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.carrier.CarrierPool;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import kotlin.Unit;
import kotlinx.coroutines.Job;
import kotlinx.coroutines.JobKt;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What a token costs that nobody cancels: to ask it, to make a child of it, to listen to it. */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class TokenBenchmark {
  /** How many scopes are above the task. */
  @Param({"1", "4", "16"})
  public int depth;

  private final Scope root = Scope.root("token");
  private final Job job = JobKt.Job(null);
  private CancellationToken token = CancellationToken.none();
  private volatile boolean flag;

  /** Takes the token of a task at some depth, which waits meanwhile. */
  @Setup
  public void descend() throws InterruptedException {
    Scope scope = root;
    for (int i = 1; i < depth; i++) {
      scope = scope.child("level-" + i);
    }
    CompletableFuture<CancellationToken> started = new CompletableFuture<>();
    scope.spawn(new PoolKind("TOKEN", CarrierPool.shared()), own -> {
      started.complete(own);
      own.awaitCancelled();
    });
    token = started.join();
  }

  /** Ends what was started. */
  @TearDown
  public void close() {
    root.close();
    job.cancel(null);
  }

  /** Asks a task's token. */
  @Benchmark
  public boolean isCancelled() {
    return token.isCancelled();
  }

  /** Peer: a volatile flag. */
  @Benchmark
  public boolean volatileRead() {
    return flag;
  }

  /** Makes a child and drops it. */
  @Benchmark
  public CancellationToken child() {
    return token.child();
  }

  /** Peer: an object of 32 bytes. */
  @Benchmark
  public byte[] allocation() {
    return new byte[16];
  }

  /** Listens and stops listening. */
  @Benchmark
  public void listen() {
    token.onCancel(() -> {}).close();
  }

  /** Peer: the same at the job of a coroutine. */
  @Benchmark
  public void invokeOnCompletion() {
    job.invokeOnCompletion(cause -> Unit.INSTANCE).dispose();
  }
}
