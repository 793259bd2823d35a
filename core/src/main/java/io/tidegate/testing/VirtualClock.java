// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import io.tidegate.carrier.PoolClock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;

/** The clock of a run: its time moves when all threads wait, to the next time that one of them waits for. */
final class VirtualClock implements PoolClock {
  private static final Instant START = Instant.parse("2000-01-01T00:00:00Z");

  private final SimulatedRun run;
  /** The ends of waits, those that are over among them. */
  private final PriorityQueue<Actor.Timer> timers = new PriorityQueue<>();
  private long nanos;
  private long order;

  VirtualClock(SimulatedRun run) {
    this.run = run;
  }

  @Override
  public long nanoTime() {
    return nanos;
  }

  @Override
  public Instant now() {
    return START.plusNanos(nanos);
  }

  @Override
  public void park(Object blocker) {
    run.park(blocker, null);
  }

  @Override
  public void parkUntil(Object blocker, long deadlineNanos) {
    parkUntil(blocker, deadlineNanos, false);
  }

  @Override
  public void parkToTellAt(Object blocker, long timeNanos) {
    parkUntil(blocker, timeNanos, true);
  }

  private void parkUntil(Object blocker, long deadlineNanos, boolean tells) {
    if (deadlineNanos - nanos > 0) {
      Actor.Timer timer = new Actor.Timer(run.caller(), deadlineNanos, order++, tells);
      timers.add(timer);
      run.park(blocker, timer);
    }
  }

  /** Moves on to the next time that is waited for, and returns who waits for it; nobody if no such time is left. */
  List<Actor> advance() {
    timers.removeIf(timer -> timer.actor().timer != timer);
    if (timers.stream().allMatch(Actor.Timer::tells)) {
      return List.of();
    }
    nanos = timers.element().atNanos();
    List<Actor> woken = new ArrayList<>();
    while (!timers.isEmpty() && timers.element().atNanos() <= nanos) {
      woken.add(timers.remove().actor());
    }
    return woken;
  }

  @Override
  public String toString() {
    return "virtual clock at " + Trace.seconds(nanos);
  }
}
