// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import io.tidegate.CloseReport;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.TaskKind;
import io.tidegate.carrier.CarrierPool;
import java.time.Duration;
import java.util.Objects;

/** Runs a body again and again, and ends its scope at another step each time. */
final class CancelAtSteps {
  /** The seeds of the schedules. */
  private static final long SEEDS = 4;

  private static final TaskKind KIND = new TaskKind() {
    @Override
    public String name() {
      return "body";
    }

    @Override
    public CarrierPool pool() {
      return CarrierPool.shared();
    }
  };

  /** How the scope is ended. */
  private enum Ending {
    CANCEL("cancelled and closed") {
      @Override
      CloseReport end(Scope scope, Duration within) {
        scope.cancel("at a step of a simulation");
        return scope.close(within);
      }
    },
    CLOSE("closed") {
      @Override
      CloseReport end(Scope scope, Duration within) {
        return scope.close(within);
      }
    },
    GRACEFUL("closed gracefully") {
      @Override
      CloseReport end(Scope scope, Duration within) {
        return scope.closeGracefully(within);
      }
    };

    final String inWords;

    Ending(String inWords) {
      this.inWords = inWords;
    }

    abstract CloseReport end(Scope scope, Duration within);
  }

  private final Runner runner;
  private final Duration within;
  private final Simulation.ScopeBody body;
  /** Whether the body went on to the step. Written by the run, then read by the runner. */
  private boolean reached;

  CancelAtSteps(Runner runner, Duration within, Simulation.ScopeBody body) {
    this.runner = runner;
    this.within = Objects.requireNonNull(within, "within");
    this.body = body;
  }

  long runAll() {
    long runs = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      for (Ending ending : Ending.values()) {
        long step = 0;
        do {
          step++;
          runs++;
          runOnce(seed, ending, step);
        } while (reached);
      }
    }
    return runs;
  }

  private void runOnce(long seed, Ending ending, long step) {
    Runner.RunBody once = run -> endAt(run, ending, step);
    Throwable failure = runner.run(seed, once).failure();
    if (failure != null) {
      SimulationFailure shrunk = Failing.explain(runner, seed, failure, once);
      throw new SimulationFailure(
          ending.inWords + " at step " + step + ": " + shrunk.getMessage(), failure, seed, shrunk.schedule(), shrunk.trace());
    }
  }

  private void endAt(SimulatedRun run, Ending ending, long step) {
    Scope scope = Scope.root("simulated");
    Task<?> task = scope.spawn(KIND, token -> {
      try {
        body.run(scope);
      } finally {
        run.signal();
      }
    });
    reached = run.awaitStep(step);
    long begun = run.nanos();
    CloseReport report = ending.end(scope, within);
    Duration took = Duration.ofNanos(run.nanos() - begun);
    if (!scope.isClosed() || took.compareTo(within) > 0) {
      throw new AssertionError("not closed within " + within + " but after " + took + ":\n" + report);
    }
    if (task.state() == Task.State.FAILED) {
      throw new AssertionError("the body failed", task.exception().orElseThrow());
    }
  }
}
