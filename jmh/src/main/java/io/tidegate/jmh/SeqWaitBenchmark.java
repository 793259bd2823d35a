// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh;

import io.tidegate.CancellationToken;
import io.tidegate.ClosedException;
import io.tidegate.sync.SeqWait;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A number that is advanced by the thread that ingests, by how many threads wait for numbers that are not reached yet.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 2)
public class SeqWaitBenchmark {
  private static final long FAR = Long.MAX_VALUE / 2;

  /** How many threads wait. */
  @Param({"1", "1000", "100000"})
  public int waiters;

  private final List<Thread> threads = new ArrayList<>();
  private SeqWait lsn = SeqWait.startingAt("lsn", 0);
  private long next;

  /** Starts the waiters and waits until all of them wait. */
  @Setup
  public void start() {
    lsn = SeqWait.startingAt("lsn", 0);
    next = 0;
    for (int i = 0; i < waiters; i++) {
      long number = FAR + i;
      threads.add(Thread.ofVirtual().start(() -> await(number)));
    }
    while (lsn.waiting() < waiters) {
      Thread.onSpinWait();
    }
  }

  /** Ends the waiters. */
  @TearDown
  public void end() throws InterruptedException {
    lsn.close();
    for (Thread thread : threads) {
      thread.join();
    }
    threads.clear();
  }

  private void await(long number) {
    try {
      lsn.await(number, CancellationToken.none());
    } catch (ClosedException end) {
      // The measurement is over.
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Nobody's number is reached. */
  @Benchmark
  public long advance() {
    return lsn.advance(++next);
  }

  /** A wait for what is reached, beside those who wait. */
  @Benchmark
  public long awaitReached() throws InterruptedException {
    lsn.await(next, CancellationToken.none());
    return next;
  }
}
