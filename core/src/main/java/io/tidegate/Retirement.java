// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.PoolClock;
import io.tidegate.carrier.Simulator;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * One call of {@link Scope#retire}: has a subtree refuse a kind, cancels its tasks and waits for them.
 */
/*
 * A scope keeps the kinds that it refuses in 'retired' (ScopeImpl): any thread, an immutable list that only grows, by CAS.
 *
 * I1  Here: a scope's list gets the kind before its tasks and its children are listed. There: a task looks at the list
 *     after it has entered the gate, and before its thread starts; a child scope takes its parent's list over after it has
 *     entered the parent's gate, and before anybody knows it. Entering and listing are under the gate's lock.
 *     So for each task and child either it is listed here, or the kind is seen there.
 * I2  A task that sees its kind ends without having started: whoever has listed it waits for nothing.
 *
 * No lost wake-up: as every joiner of a task.
 */
final class Retirement implements SlowWait {
  private final ScopeImpl top;
  private final TaskKind kind;
  private final String kindName;
  private final PoolClock clock = Current.clock();
  private final long begunNanos = clock.nanoTime();
  /** Those that run; only the thread that retires looks at it. */
  private final List<TaskImpl<?>> running = new ArrayList<>();

  Retirement(ScopeImpl top, TaskKind kind) {
    this.top = top;
    this.kind = Objects.requireNonNull(kind, "kind");
    this.kindName = kind.name();
  }

  /** Has the kind refused from now on, and asks those that run to stop. */
  void begin() {
    List<ScopeImpl> scopes = new ArrayList<>(List.of(top));
    for (int i = 0; i < scopes.size(); i++) {
      scopes.get(i).refuse(List.of(kind));
      scopes.addAll(scopes.get(i).childScopes());
    }
    Simulator.step("kind is refused, its tasks are about to be listed");
    top.running().stream().filter(task -> task.kind().equals(kind)).forEach(running::add);
    running.forEach(task -> task.cancel("retiring " + kindName + " in " + top.path()));
  }

  /** Waits until they have ended, through cancels and interrupts. */
  void await() {
    Thread waiter = Thread.currentThread();
    List<TaskImpl<?>> joined = List.copyOf(running);
    WaitsFor wait = WaitsFor.throughAll("retires", new Awaited.Tasks("kind " + kindName + " in " + top, joined));
    joined.forEach(task -> task.joiners().add(waiter));
    try {
      wait.begin(clock, Waiting.NO_DEADLINE);
      new SlowStory(clock, begunNanos).await(this, clock, Waiting.NO_DEADLINE);
    } finally {
      wait.end();
      joined.forEach(task -> task.joiners().remove(waiter));
    }
  }

  @Override
  public boolean isOver() {
    while (!running.isEmpty() && running.getLast().hasEnded()) {
      running.removeLast();
    }
    return running.isEmpty();
  }

  @Override
  public List<Member> waitedFor() {
    return running.stream().filter(task -> !task.hasEnded()).<Member>map(task -> task).toList();
  }

  @Override
  public void wakeWaiters() {} // nobody else waits for this call

  @Override
  public String inWords() {
    return "retiring " + kindName + " in " + top.path();
  }
}
