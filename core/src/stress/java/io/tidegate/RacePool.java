// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.CarrierPool;
import io.tidegate.carrier.Isolation;
import io.tidegate.carrier.PoolStats;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;

/**
 * A pool whose threads are those of the actors: what is started is handed to an executor by the thread that starts it. As
 * a kind, it is that of its own tasks.
 */
final class RacePool implements CarrierPool, TaskKind {
  /** Runs where it is started. */
  static final RacePool INLINE = new RacePool(new RaceClock(), Runnable::run);

  private static final TaskImpl<?> ELSEWHERE = INLINE.task((ScopeImpl) Scope.root("elsewhere"));

  private final RaceClock clock;
  private final Executor executor;

  RacePool(RaceClock clock, Executor executor) {
    this.clock = clock;
    this.executor = executor;
  }

  /** A task of this pool that is in no gate. */
  TaskImpl<?> task(ScopeImpl scope) {
    return TaskImpl.forked(scope, this, null, token -> "done");
  }

  /** Runs code of a task that is none of the scopes' that are raced, and whose pool is the inline one. */
  static void elsewhere(Runnable code) {
    as(ELSEWHERE, code);
  }

  /** Runs code as that of a task. */
  static void as(TaskImpl<?> task, Runnable code) {
    Stay before = Current.innermost();
    Current.push(task);
    try {
      code.run();
    } finally {
      Current.pop(before);
    }
  }

  @Override
  public String name() {
    return "race";
  }

  @Override
  public CarrierPool pool() {
    return this;
  }

  @Override
  public ThreadFactory factory() {
    return Handed::new;
  }

  @Override
  public RaceClock clock() {
    return clock;
  }

  @Override
  public Isolation isolation() {
    return CarrierPool.shared().isolation();
  }

  @Override
  public PoolStats stats() {
    return CarrierPool.shared().stats();
  }

  @Override
  public boolean isClosed() {
    return false;
  }

  @Override
  public void close() {}

  /** A thread that is never one; its starter keeps what it was inside of. */
  private final class Handed extends Thread {
    private final Runnable work;

    Handed(Runnable work) {
      this.work = work;
    }

    @Override
    public void start() {
      executor.execute(() -> {
        Stay before = Current.innermost();
        try {
          work.run();
        } finally {
          Current.pop(before);
        }
      });
    }
  }
}
