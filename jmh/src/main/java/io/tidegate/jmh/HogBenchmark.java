// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh;

import io.tidegate.carrier.CarrierPool;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a hog in one pool does to the hand-offs in another: nothing but what the OS does, which shares the processors
 * between the carriers of both. The hog's pool has one carrier, as many as a machine of two processors can spare.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = {"--add-opens", "java.base/java.lang=ALL-UNNAMED"})
public class HogBenchmark {
  private static final int BATCH = 1_000;

  /** Whether the other pool is full. */
  @Param({"false", "true"})
  public boolean hog;

  private final CarrierPool hogged = CarrierPool.named("hogged", 1);
  private final CarrierPool other = CarrierPool.named("other", 1);
  private volatile boolean over;

  /** Starts the hog. */
  @Setup
  public void fill() {
    if (hog) {
      hogged.start("HOG", () -> {
        while (!over) {
          Thread.onSpinWait();
        }
      });
    }
  }

  /** Ends it. */
  @TearDown
  public void close() {
    over = true;
    hogged.close();
    other.close();
  }

  /** Two threads of the other pool that wake each other in turn; time per wake-up. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void handOff() throws InterruptedException {
    CarrierBenchmark.Ball ball = new CarrierBenchmark.Ball(CarrierBenchmark.Ball.FOR_EVER);
    ball.play(other.factory(), BATCH);
    ball.awaitEnd();
  }
}
