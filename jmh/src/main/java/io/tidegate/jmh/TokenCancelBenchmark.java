// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh;

import io.tidegate.CancellationToken;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Cancels a token once, until all that listen have been told; time for all of them together. */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 15)
@Measurement(iterations = 10)
@Fork(3)
public class TokenCancelBenchmark {
  /** How many listen, or how long the chain of children is. */
  @Param({"1", "1000", "10000", "100000"})
  public int number;

  private CancellationToken wide = CancellationToken.none();
  private CancellationToken chain = CancellationToken.none();
  private CountDownLatch told = new CountDownLatch(0);

  /** Makes new tokens, each with all that listen. */
  @Setup(Level.Invocation)
  public void listen() {
    CountDownLatch all = new CountDownLatch(number);
    told = all;
    wide = CancellationToken.create();
    for (int i = 0; i < number; i++) {
      wide.onCancel(all::countDown);
    }
    chain = CancellationToken.create();
    CancellationToken last = chain;
    for (int i = 0; i < number; i++) {
      last = last.child();
      last.onCancel(all::countDown);
    }
  }

  /** One token, all listen to it. */
  @Benchmark
  public void wide() throws InterruptedException {
    wide.cancel();
    told.await();
  }

  /** Each token is the child of the one before, and one listens to each. */
  @Benchmark
  public void chain() throws InterruptedException {
    chain.cancel();
    told.await();
  }
}
