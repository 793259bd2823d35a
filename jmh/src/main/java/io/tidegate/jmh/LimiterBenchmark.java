// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh;

import io.tidegate.CancellationToken;
import io.tidegate.sync.Limiter;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Takes a permit and gives it back: alone, and by four threads that share two. Peers: the JDK's semaphore, fair or not.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2)
public class LimiterBenchmark {
  private final Limiter limiter = Limiter.of("work", 2);
  private final Semaphore fair = new Semaphore(2, true);
  private final Semaphore unfair = new Semaphore(2);

  /** One thread, which never waits. */
  @Benchmark
  public void limiterAlone() throws InterruptedException {
    limiter.acquire(CancellationToken.none()).close();
  }

  /** Peer: a fair semaphore. */
  @Benchmark
  public void fairSemaphoreAlone() throws InterruptedException {
    fair.acquire();
    fair.release();
  }

  /** Peer: a semaphore that lets newcomers overtake. */
  @Benchmark
  public void unfairSemaphoreAlone() throws InterruptedException {
    unfair.acquire();
    unfair.release();
  }

  /** Four threads for two permits. */
  @Benchmark
  @Group("limiterShared")
  @GroupThreads(4)
  public void limiterShared() throws InterruptedException {
    limiter.acquire(CancellationToken.none()).close();
  }

  /** Peer: a fair semaphore. */
  @Benchmark
  @Group("fairSemaphoreShared")
  @GroupThreads(4)
  public void fairSemaphoreShared() throws InterruptedException {
    fair.acquire();
    fair.release();
  }

  /** Peer: a semaphore that lets newcomers overtake. */
  @Benchmark
  @Group("unfairSemaphoreShared")
  @GroupThreads(4)
  public void unfairSemaphoreShared() throws InterruptedException {
    unfair.acquire();
    unfair.release();
  }
}
