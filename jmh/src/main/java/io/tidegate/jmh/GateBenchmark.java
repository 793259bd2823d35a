// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh;

import io.tidegate.Gate;
import java.util.concurrent.Phaser;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/** Enters and leaves, by one thread and by two; the holder is a constant. */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class GateBenchmark {
  private static final int DEPTH = 16;

  private final Gate gate = Gate.create("gate");
  private final Gate deep = descend(Gate.create("deep"));
  private final AtomicLong count = new AtomicLong();
  private final LongAdder entered = new LongAdder();
  private final LongAdder left = new LongAdder();
  private final Semaphore semaphore = new Semaphore(Integer.MAX_VALUE);
  private final Phaser phaser = new Phaser(1);

  private static Gate descend(Gate from) {
    Gate gate = from;
    for (int i = 0; i < DEPTH; i++) {
      gate = gate.child("level");
    }
    return gate;
  }

  /** A gate. */
  @Benchmark
  public void gate() {
    gate.enter("reader").close();
  }

  /** The same by two threads. */
  @Benchmark
  @Threads(2)
  public void gateByTwo() {
    gate.enter("reader").close();
  }

  /** A gate below others. */
  @Benchmark
  public void deepGate() {
    deep.enter("reader").close();
  }

  /** Peer: one word, which can neither be closed nor say who is inside. */
  @Benchmark
  public long word() {
    count.getAndAdd(1);
    return count.getAndAdd(-1);
  }

  /** The same by two threads. */
  @Benchmark
  @Threads(2)
  public long wordByTwo() {
    count.getAndAdd(1);
    return count.getAndAdd(-1);
  }

  /** Peer: adders, which cannot be closed either. */
  @Benchmark
  public void adders() {
    entered.increment();
    left.increment();
  }

  /** The same by two threads. */
  @Benchmark
  @Threads(2)
  public void addersByTwo() {
    entered.increment();
    left.increment();
  }

  /** Peer: a semaphore of which a closer takes all. */
  @Benchmark
  public void semaphore() {
    semaphore.tryAcquire();
    semaphore.release();
  }

  /** The same by two threads. */
  @Benchmark
  @Threads(2)
  public void semaphoreByTwo() {
    semaphore.tryAcquire();
    semaphore.release();
  }

  /** Peer: a phaser. */
  @Benchmark
  public void phaser() {
    phaser.register();
    phaser.arriveAndDeregister();
  }

  /** The same by two threads. */
  @Benchmark
  @Threads(2)
  public void phaserByTwo() {
    phaser.register();
    phaser.arriveAndDeregister();
  }
}
