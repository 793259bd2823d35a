// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh;

import io.tidegate.Scope;
import io.tidegate.TaskKind;
import io.tidegate.carrier.CarrierPool;
import io.tidegate.jmh.peer.GlobalRegistry;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Closes one timeline of 20 parked tasks in a process that has many more; time for one close. The others end with the process: to
 * close a million would take longer than all that is measured.
 */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5)
@Measurement(iterations = 30)
@Fork(value = 3, jvmArgsAppend = {"--add-opens", "java.base/java.lang=ALL-UNNAMED", "-Xmx6g", "-XX:+UseParallelGC"})
public class TimelineCloseBenchmark {
  private static final int TASKS = 20;
  private static final long CLOSED = -1;
  /** So many closes as the JIT needs to compile all that they do. */
  private static final int TRAINING = 2_000;

  /** How many tasks live in the process. */
  @Param({"20000", "200000", "1000000"})
  public int live;

  /** Whether the process has closed many before, else hardly any. */
  @Param({"true", "false"})
  public boolean trained;

  private final CarrierPool pool = CarrierPool.named("close");
  private final TaskKind kind = new PoolKind("PARK", pool);
  private final Scope server = Scope.root("server");
  private final GlobalRegistry registry = new GlobalRegistry();
  private Scope timeline = server;

  /** Starts those that stay. */
  @Setup
  public void start() throws InterruptedException {
    for (int i = 0; trained && i < TRAINING; i++) {
      open();
      closeBoth();
    }
    for (int i = 0; i < live / TASKS; i++) {
      open("timeline-" + i);
    }
    for (int i = 0; i < live; i++) {
      registry.add(i / TASKS);
    }
    Idle.await(pool);
  }

  /** Starts those that are closed. */
  @Setup(Level.Invocation)
  public void open() {
    timeline = open("closed");
    for (int i = 0; i < TASKS; i++) {
      registry.start(CLOSED, pool.factory());
    }
    Idle.await(pool);
  }

  private Scope open(String name) {
    Scope scope = server.child(name);
    for (int i = 0; i < TASKS; i++) {
      scope.spawn(kind, token -> token.awaitCancelled());
    }
    return scope;
  }

  /** Ends whichever of the two was not measured. */
  @TearDown(Level.Invocation)
  public void closeBoth() throws InterruptedException {
    scope();
    globalMap();
  }

  /** A scope. */
  @Benchmark
  public void scope() {
    timeline.close();
  }

  /** Peer: one map of all tasks, which is gone through. Those that stay are entries without threads there. */
  @Benchmark
  public void globalMap() throws InterruptedException {
    registry.close(CLOSED);
  }
}
