// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh;

import io.tidegate.Scope;
import io.tidegate.TaskKind;
import io.tidegate.carrier.CarrierPool;
import io.tidegate.jmh.peer.JoxPeer;
import io.tidegate.jmh.peer.StructuredPeer;
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

/** Opens a scope, starts one task in it, waits for that and closes; by a virtual thread. */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = {"--add-opens", "java.base/java.lang=ALL-UNNAMED", "--enable-preview"})
public class OpenScopeBenchmark {
  private static final int ROUNDS = 1_000;

  private final CarrierPool pool = CarrierPool.named("open");
  private final TaskKind named = new PoolKind("NAMED", pool);
  private final TaskKind shared = new PoolKind("SHARED", CarrierPool.shared());
  private final Scope server = Scope.root("server");
  private final ThreadFactory jdk = Thread.ofVirtual().factory();

  /** Ends what was started. */
  @TearDown
  public void close() {
    server.close();
    pool.close();
  }

  private static void rounds(ThreadFactory factory, Submitters.Work round) throws InterruptedException {
    Submitters.run(factory, 1, () -> {
      for (int i = 0; i < ROUNDS; i++) {
        round.run();
      }
    });
  }

  private void open(TaskKind kind) throws InterruptedException {
    try (Scope request = server.child("request")) {
      request.spawn(kind, token -> {});
      request.join();
    }
  }

  /** A child scope of the server's, on a named pool. */
  @Benchmark
  @OperationsPerInvocation(ROUNDS)
  public void scopeNamed() throws InterruptedException {
    rounds(pool.factory(), () -> open(named));
  }

  /** The same on the JDK's scheduler. */
  @Benchmark
  @OperationsPerInvocation(ROUNDS)
  public void scopeShared() throws InterruptedException {
    rounds(jdk, () -> open(shared));
  }

  /** A scope of forks whose results are taken. */
  @Benchmark
  @OperationsPerInvocation(ROUNDS)
  public void fanOut() throws InterruptedException {
    rounds(jdk, () -> {
      try (Scope request = server.fanOut("request")) {
        request.fork(shared, token -> "done");
        request.join();
      }
    });
  }

  /** Peer: the JDK's structured scope. */
  @Benchmark
  @OperationsPerInvocation(ROUNDS)
  public void structuredTaskScope() throws InterruptedException {
    rounds(jdk, () -> {
      Object owned = StructuredPeer.open();
      StructuredPeer.fork(owned, () -> "done");
      StructuredPeer.joinAndClose(owned);
    });
  }

  /** Peer: jox; on JDK 25 only. */
  @Benchmark
  @OperationsPerInvocation(ROUNDS)
  public void jox() throws InterruptedException {
    rounds(jdk, () -> JoxPeer.supervised(owned -> JoxPeer.fork(owned, () -> "done")));
  }

  /** Peer: a bare virtual thread on the JDK's scheduler, joined. */
  @Benchmark
  @OperationsPerInvocation(ROUNDS)
  public void bareShared() throws InterruptedException {
    rounds(jdk, () -> {
      Thread thread = jdk.newThread(() -> {});
      thread.start();
      thread.join();
    });
  }
}
