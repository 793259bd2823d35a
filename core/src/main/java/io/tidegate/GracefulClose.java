// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.CarrierPool;
import io.tidegate.carrier.PoolClock;
import io.tidegate.carrier.Simulator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One call of {@link Scope#closeGracefully}: has the scope drained, joins its tasks, then closes the hard way, within one
 * budget.
 *
 * <p>A scope is drained once, by a task of its own, whoever asks first. Each call waits for that by its own budget, and
 * closes the hard way at the end of it: of several, the one with the least time left decides.
 */
final class GracefulClose {
  private static final Log log = Log.of(Scope.class);

  private final ScopeImpl scope;
  private final PoolClock clock;
  private final CarrierPool pool;
  private final long deadlineNanos;
  /** When draining and joining are given up, so that the hard part has time left. */
  private final long drainDeadlineNanos;

  GracefulClose(ScopeImpl scope, Duration budget, CarrierPool pool) {
    this.scope = scope;
    this.clock = pool.clock();
    this.pool = pool;
    this.deadlineNanos = Waiting.deadline(clock, budget);
    this.drainDeadlineNanos = Waiting.deadline(clock, budget.minus(budget.dividedBy(8)));
  }

  /** Refuses outsiders, and starts the thread that does the rest, so that a closer that waits can tell whom it waits for. */
  void begin() {
    scope.gate().beginDrain();
    Simulator.step("scope drains, its drain is about to be started");
    try {
      Waiting.start(pool, "graceful close", this::run);
    } catch (Throwable noThread) {
      log.error("no thread to drain {}: it is closed the hard way", scope.path(), noThread);
      scope.beginClose();
    }
  }

  /** Waits until the scope is closed or the budget is over. */
  void await() {
    if (!scope.gate().awaitClosed(clock, deadlineNanos)) {
      scope.beginClose(); // the thread that does it at the end of draining may not have come to run yet
    }
  }

  private void run() {
    try {
      drainTask(scope).joinThroughAll(clock, drainDeadlineNanos);
      joinTasks();
    } finally {
      scope.beginClose();
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

  /** The task that drains a scope, started now if it is the first. */
  private TaskImpl<?> drainTask(ScopeImpl draining) {
    TaskImpl<?> own = draining.newStep("drain " + draining.name(), pool, () -> drain(draining));
    TaskImpl<?> first = draining.steps().drainedBy(own);
    if (first == own && draining.startStep(own) && own.state() == Task.State.FAILED) {
      draining.steps().drains().forEach(step -> skip(draining, step, "there was no thread to drain with"));
    }
    return first;
  }

  /** Runs the steps of a scope, then drains its children side by side. */
  private void drain(ScopeImpl draining) {
    for (CloseSteps.Named step : draining.steps().drains()) {
      runStep(draining, step);
    }
    List<TaskImpl<?>> children = new ArrayList<>();
    for (ScopeImpl child : draining.childScopes()) {
      children.add(drainTask(child));
    }
    children.forEach(task -> task.joinThroughAll(clock, drainDeadlineNanos));
  }

  private void runStep(ScopeImpl draining, CloseSteps.Named step) {
    long begun = clock.nanoTime();
    TaskImpl<?> task = draining.newStep("drain step \"" + step.name() + "\"", pool, step.step());
    if (isTooLate(draining) || !draining.startStep(task)) {
      skip(draining, step, "no time was left for it");
      return;
    }
    task.joinThroughAll(clock, drainDeadlineNanos);
    Task.State state = task.state();
    CloseReport.Outcome outcome = outcome(state);
    Throwable thrown = state == Task.State.FAILED ? task.thrown() : null;
    draining.steps().drained(step, outcome, Duration.ofNanos(clock.nanoTime() - begun), thrown);
    tell(draining, step, outcome, state);
  }

  private static void skip(ScopeImpl draining, CloseSteps.Named step, String why) {
    draining.steps().drained(step, CloseReport.Outcome.SKIPPED, Duration.ZERO, null);
    log.warn("drain step \"{}\" of {} was skipped: {}", step.name(), draining.path(), why);
  }

  private boolean isTooLate(ScopeImpl draining) {
    return draining.gate().level() >= GateImpl.CLOSING || Waiting.isPast(clock, drainDeadlineNanos);
  }

  private CloseReport.Outcome outcome(Task.State state) {
    // One that returned, or failed, because the close at the deadline has cancelled it was not done in time.
    if (Waiting.isPast(clock, drainDeadlineNanos)) {
      return CloseReport.Outcome.OVERRAN;
    }
    return switch (state) {
      case SUCCEEDED -> CloseReport.Outcome.DONE;
      case FAILED -> CloseReport.Outcome.FAILED;
      case RUNNING, CANCELLED -> CloseReport.Outcome.OVERRAN;
    };
  }

  private static void tell(
      ScopeImpl draining, CloseSteps.Named step, CloseReport.Outcome outcome, Task.State state) {
    if (outcome == CloseReport.Outcome.DONE) {
      log.debug("drain step \"{}\" of {} is done", step.name(), draining.path());
    } else if (outcome == CloseReport.Outcome.OVERRAN) {
      String how = state == Task.State.CANCELLED ? "was cut short" : "has overrun its time";
      log.warn("drain step \"{}\" of {} {}", step.name(), draining.path(), how);
    } // else it has failed, and its task has told, as every task does
  }
}
