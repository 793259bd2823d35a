// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh;

import io.tidegate.CancellationToken;
import io.tidegate.sync.SeqWait;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** One advance that reaches the numbers of all who wait; time for all of them together, without their ends. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 10)
@Measurement(iterations = 20)
@Fork(value = 2)
public class SeqWaitWakeBenchmark {
  /** How many threads wait. */
  @Param({"1", "1000", "100000"})
  public int waiters;

  private final List<Thread> threads = new ArrayList<>();
  private SeqWait lsn = SeqWait.startingAt("lsn", 0);

  /** Starts the waiters and waits until all of them wait. */
  @Setup(Level.Invocation)
  public void start() {
    SeqWait fresh = SeqWait.startingAt("lsn", 0);
    lsn = fresh;
    for (int i = 0; i < waiters; i++) {
      long number = 1L + i;
      threads.add(Thread.ofVirtual().start(() -> await(fresh, number)));
    }
    while (fresh.waiting() < waiters) {
      Thread.onSpinWait();
    }
  }

  /** Waits for the ends of the waiters. */
  @TearDown(Level.Invocation)
  public void join() throws InterruptedException {
    for (Thread thread : threads) {
      thread.join();
    }
    threads.clear();
  }

  private static void await(SeqWait lsn, long number) {
    try {
      lsn.await(number, CancellationToken.none());
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Reaches all of them. */
  @Benchmark
  public long advance() {
    return lsn.advance(waiters);
  }
}
