// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.CarrierPool;
import io.tidegate.carrier.PoolClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One call of {@link Scope#closeGracefully}: drains, joins, then closes the hard way, within one budget. */
final class GracefulClose {
  private static final Logger log = LoggerFactory.getLogger(Scope.class);

  private final ScopeImpl scope;
  private final PoolClock clock;
  private final CarrierPool pool;
  private final long deadlineNanos;
  /** When draining and joining are given up, so that the hard part has time left. */
  private final long drainDeadlineNanos;

  GracefulClose(ScopeImpl scope, Duration budget, PoolClock clock, CarrierPool pool) {
    this.scope = scope;
    this.clock = clock;
    this.pool = pool;
    this.deadlineNanos = Waiting.deadline(clock, budget);
    this.drainDeadlineNanos = Waiting.deadline(clock, budget.minus(budget.dividedBy(8)));
  }

  void run() {
    if (drain(scope)) {
      joinTasks();
      scope.beginClose();
    }
    scope.gate().awaitClosed(clock, deadlineNanos);
  }

  /** Runs the steps of a scope, then drains its children side by side; false if another thread does, or has. */
  private boolean drain(ScopeImpl draining) {
    if (!draining.gate().beginDrain()) {
      return false;
    }
    for (CloseSteps.Named step : draining.steps().drains()) {
      runStep(draining, step);
    }
    List<TaskImpl<?>> children = new ArrayList<>();
    for (ScopeImpl child : draining.childScopes()) {
      TaskImpl<?> task = child.startStep(PlainKind.DRAIN, "drain " + child.name(), pool, () -> drain(child));
      if (task != null) {
        children.add(task);
      }
    }
    children.forEach(task -> task.joinThroughAll(clock, drainDeadlineNanos));
    return true;
  }

  private void runStep(ScopeImpl draining, CloseSteps.Named step) {
    if (draining.gate().level() >= GateImpl.CLOSING) {
      draining.steps().record(step, CloseReport.Outcome.OVERRAN, Duration.ZERO, null);
      return;
    }
    long begun = clock.nanoTime();
    TaskImpl<?> task = draining.startStep(PlainKind.DRAIN, "drain step \"" + step.name() + "\"", pool, step.step());
    if (task != null) {
      task.joinThroughAll(clock, drainDeadlineNanos);
      Task.State state = task.state();
      Throwable thrown = state == Task.State.FAILED ? task.thrown() : null;
      draining.steps().record(step, outcome(state), Duration.ofNanos(clock.nanoTime() - begun), thrown);
      tell(draining, step, state, thrown);
    }
  }

  private static CloseReport.Outcome outcome(Task.State state) {
    return switch (state) {
      case SUCCEEDED -> CloseReport.Outcome.DONE;
      case FAILED -> CloseReport.Outcome.FAILED;
      case RUNNING, CANCELLED -> CloseReport.Outcome.OVERRAN;
    };
  }

  private static void tell(ScopeImpl draining, CloseSteps.Named step, Task.State state, @Nullable Throwable thrown) {
    switch (state) {
      case SUCCEEDED -> log.debug("drain step \"{}\" of {} is done", step.name(), draining.path());
      case FAILED -> log.error("drain step \"{}\" of {} failed", step.name(), draining.path(), Objects.requireNonNull(thrown));
      case RUNNING -> log.warn("drain step \"{}\" of {} has overrun its time", step.name(), draining.path());
      case CANCELLED -> log.warn("drain step \"{}\" of {} was cut short", step.name(), draining.path());
    }
  }

  private void joinTasks() {
    boolean inTime = true;
    for (List<TaskImpl<?>> running = scope.running(); inTime && !running.isEmpty(); running = scope.running()) {
      for (TaskImpl<?> task : running) {
        inTime = inTime && task.joinThroughAll(clock, drainDeadlineNanos);
      }
    }
  }
}
