// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The platform thread that all runs of one call are on, one after the other, and its caller, who watches over it. */
final class Runner {
  private static final Duration LOOKS_EACH = Duration.ofSeconds(1);
  /** After so long without a step a thread is taken never to come to one. */
  private static final Duration HANGS_AFTER = Duration.ofSeconds(60);

  /** Written by the runner; read by the watching thread. */
  private volatile @Nullable SimulatedRun run;
  private volatile boolean stopped;

  /** What has come out of one run. */
  record Outcome(@Nullable Throwable failure, long steps, long nanos) {}

  /** Work of the runner. */
  interface Work<T> {
    T on(Runner runner) throws Exception;
  }

  /** Has work done on a runner, and waits for it. */
  static <T> T call(Work<T> work) {
    Runner runner = new Runner();
    FutureTask<T> task = new FutureTask<>((Callable<T>) () -> work.on(runner));
    Thread thread = Thread.ofPlatform()
        .daemon()
        .inheritInheritableThreadLocals(false)
        .name("simulation")
        .start(task);
    return runner.await(task, thread);
  }

  private <T> T await(FutureTask<T> task, Thread thread) {
    long lastSteps = -1;
    SimulatedRun lastRun = null;
    int same = 0;
    while (true) {
      try {
        return task.get(LOOKS_EACH.toNanos(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException goesOn) {
        SimulatedRun now = run;
        long steps = now == null ? 0 : now.steps();
        same = now == lastRun && steps == lastSteps ? same + 1 : 0;
        lastRun = now;
        lastSteps = steps;
        if (LOOKS_EACH.multipliedBy(same).compareTo(HANGS_AFTER) >= 0) {
          throw hang(thread, now);
        }
      } catch (InterruptedException interrupt) {
        stopped = true;
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while a simulation ran", interrupt);
      } catch (ExecutionException thrown) {
        throw unchecked(thrown.getCause());
      }
    }
  }

  private static AssertionError hang(Thread thread, @Nullable SimulatedRun run) {
    Actor mounted = run == null ? null : run.mounted();
    AssertionError hang = new AssertionError(
        "no step for " + HANGS_AFTER + ": " + (mounted == null ? "a thread" : mounted)
            + " computes, or blocks the only carrier (on JDK 21 by a wait inside synchronized). Its threads are left behind");
    hang.setStackTrace((mounted == null ? thread : mounted.thread).getStackTrace());
    return hang;
  }

  private static RuntimeException unchecked(@Nullable Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    if (thrown instanceof RuntimeException runtime) {
      throw runtime;
    }
    return new IllegalStateException(thrown);
  }

  /** Runs a body once. Called by the runner. */
  Outcome run(Strategy strategy, SplitMix chance, @Nullable Trace trace, RunBody body) {
    if (stopped) {
      throw new IllegalStateException("interrupted");
    }
    SimulatedRun next = new SimulatedRun(strategy, chance, trace);
    run = next;
    Throwable failure = next.run(() -> body.run(next));
    return new Outcome(failure, next.steps(), next.nanos());
  }

  /** What a run does, with the run itself. */
  interface RunBody {
    void run(SimulatedRun run) throws Exception;
  }

  /** Runs a body once, by a seed. */
  Outcome run(long seed, RunBody body) {
    SplitMix chance = new SplitMix(seed);
    Strategy strategy = new SeededStrategy(chance.fork());
    return run(strategy, chance.fork(), null, body);
  }
}
