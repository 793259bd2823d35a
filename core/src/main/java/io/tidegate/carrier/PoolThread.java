// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import io.tidegate.internal.OwnScheduler;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One thread of a pool: what it runs and, where the pool has carriers of its own, by what it is told from others. */
final class PoolThread extends OwnScheduler implements Runnable {
  private final PoolThreads threads;
  /** Null where the thread has another scheduler. */
  private final @Nullable CarrierScheduler scheduler;
  /** The thread's own, which lets go of it. */
  private @Nullable Runnable body;

  PoolThread(PoolThreads threads, @Nullable CarrierScheduler scheduler, Runnable body) {
    this.threads = threads;
    this.scheduler = scheduler;
    this.body = body;
  }

  PoolThreads threads() {
    return threads;
  }

  /** Makes it the scheduler of a thread that has not started. */
  void runsOn(Thread made) {
    isFor(made);
  }

  /** Hands the thread, or one that it has started, to the pool's carriers. */
  @Override
  public void execute(Runnable continuation) {
    Objects.requireNonNull(scheduler).execute(continuation);
  }

  @Override
  public void run() {
    Runnable own = Objects.requireNonNull(body);
    body = null;
    threads.run(own);
    isForNobody();
  }
}
