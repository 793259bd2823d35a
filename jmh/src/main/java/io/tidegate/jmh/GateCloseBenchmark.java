// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh;

import io.tidegate.Gate;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Begins to close, lets all holders go and waits for the end; time for all of them together. */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 50)
@Measurement(iterations = 50)
@Fork(3)
public class GateCloseBenchmark {
  private static final int HOLDERS = 10_000;

  private final Gate.Guard[] guards = new Gate.Guard[HOLDERS];
  private Gate gate = Gate.create("gate");
  private Phaser phaser = new Phaser(1);

  /** Lets all in. */
  @Setup(Level.Invocation)
  public void enter() {
    gate = Gate.create("gate");
    phaser = new Phaser(1);
    for (int i = 0; i < HOLDERS; i++) {
      guards[i] = gate.enter("holder");
      phaser.register();
    }
  }

  /** A gate. */
  @Benchmark
  public void gate() {
    gate.beginClose();
    for (Gate.Guard guard : guards) {
      guard.close();
    }
    gate.close();
  }

  /** Peer: a phaser, which refuses nobody. */
  @Benchmark
  public void phaser() {
    for (int i = 0; i < HOLDERS; i++) {
      phaser.arriveAndDeregister();
    }
    phaser.arriveAndAwaitAdvance();
  }
}
