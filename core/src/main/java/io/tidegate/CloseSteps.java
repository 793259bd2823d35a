// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.CarrierPool;
import io.tidegate.carrier.PoolClock;
import io.tidegate.carrier.Simulator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The drain steps and close steps of one scope. Its monitor guards the lists; steps run outside of it. */
final class CloseSteps {
  private static final Log log = Log.of(Scope.class);

  private final GateImpl gate;
  private final List<Named> drains = new ArrayList<>();
  /** A stack: the last added runs first. */
  private final List<Named> releases = new ArrayList<>();
  private boolean releasing;
  private @Nullable TaskImpl<?> drainTask;

  CloseSteps(GateImpl gate) {
    this.gate = gate;
  }

  synchronized void addDrain(String name, CloseStep step) {
    Named named = new Named(name, step);
    if (gate.isClosing()) {
      throw new GateClosedException(gate + " takes no drain step \"" + name + "\" any more");
    }
    drains.add(named);
  }

  synchronized void addRelease(String name, CloseStep step) {
    Named named = new Named(name, step);
    if (releasing) {
      throw new GateClosedException(gate + " takes no close step \"" + name + "\" any more");
    }
    releases.add(named);
  }

  synchronized List<Named> drains() {
    return List.copyOf(drains);
  }

  /** Makes a task the one that drains, unless there is one; answers the one that does. */
  synchronized TaskImpl<?> drainedBy(TaskImpl<?> task) {
    if (drainTask == null) {
      drainTask = task;
    }
    return drainTask;
  }

  /** Starts the thread that runs the close steps and then finishes the gate; false if there are none. */
  boolean startReleasing(ScopeImpl scope) {
    synchronized (this) {
      releasing = true;
      if (releases.isEmpty()) {
        return false;
      }
    }
    ReleaseRun run = new ReleaseRun(scope);
    gate.showReleasing(run);
    Simulator.step("close steps are about to be started");
    try {
      Waiting.start(Current.pool(), PlainKind.CLOSE.name(), run);
    } catch (Throwable noThread) {
      log.error("no thread for the close steps of {}: they run on that of the last one inside", gate.path(), noThread);
      run.run();
    }
    return true;
  }

  private synchronized @Nullable Named nextRelease() {
    return releases.isEmpty() ? null : releases.removeLast();
  }

  /** Runs a step and writes down how it ended. */
  private void run(Named named, PoolClock clock) {
    long begun = clock.nanoTime();
    CloseReport.Outcome outcome = CloseReport.Outcome.DONE;
    Throwable failure = null;
    try {
      named.step.run();
    } catch (Throwable thrown) {
      outcome = CloseReport.Outcome.FAILED;
      failure = thrown;
      log.error("close step \"{}\" of {} failed", named.name, gate.path(), thrown);
    }
    record(CloseReport.Stage.CLOSE, named, outcome, Duration.ofNanos(clock.nanoTime() - begun), failure);
  }

  /** Writes down how a drain step ended. */
  void drained(Named named, CloseReport.Outcome outcome, Duration elapsed, @Nullable Throwable failure) {
    record(CloseReport.Stage.DRAIN, named, outcome, elapsed, failure);
  }

  private void record(
      CloseReport.Stage stage,
      Named named,
      CloseReport.Outcome outcome,
      Duration elapsed,
      @Nullable Throwable failure) {
    gate.closeLog().add(new CloseReport.Step(stage, named.name, outcome, elapsed, failure));
  }

  /** A step and its name. */
  record Named(String name, CloseStep step) {
    Named {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(step, "step");
    }
  }

  /** The run of all close steps: a stay in the scope, so that a step that closes the scope is told so. */
  private final class ReleaseRun extends Stay implements Runnable {
    private final ScopeImpl scope;
    /** The step that runs; written by the thread of the run. */
    private volatile String note = "";

    ReleaseRun(ScopeImpl scope) {
      super(scope.gate());
      this.scope = scope;
    }

    @Override
    public void run() {
      runsOn(Thread.currentThread());
      LogContext.restoredAfter(this::runToEnd);
    }

    private void runToEnd() {
      Stay before = Current.innermost();
      Current.push(this);
      scope.describeInLogs(PlainKind.CLOSE.name());
      PoolClock clock = CarrierPool.current().clock();
      for (Named named = nextRelease(); named != null; named = nextRelease()) {
        note = named.name;
        CloseSteps.this.run(named, clock);
      }
      Current.pop(before);
      Simulator.step("close steps have run");
      scope.releasedAll();
      gate.leave(this);
      gate.finish();
    }

    @Override
    TokenNode token() {
      return PlainToken.NONE; // releasing goes to its end
    }

    @Override
    String holderName() {
      return "close steps";
    }

    @Override
    String note() {
      return note;
    }

    @Override
    boolean isWaitedFor() {
      return false;
    }

    @Override
    public String toString() {
      return "a close step of " + gate.path();
    }
  }
}
