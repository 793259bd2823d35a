// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import io.tidegate.CancellationToken;
import io.tidegate.ClosedException;
import io.tidegate.Task;
import java.time.Duration;
import java.util.Optional;

/**
 * A task that a {@link Supervisor} has started: all its runs are one task.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 *
 * <p><b>Memory consistency effects:</b> what the task did before it said that it is ready <i>happens-before</i>
 * {@link #awaitReady} returning.
 */
public final class Supervised {
  private final Task<?> task;
  /** Whether it has said that it is ready; closed when the task ends. */
  private final Watch<Boolean> ready;

  Supervised(Task<?> task, Watch<Boolean> ready) {
    this.task = task;
    this.ready = ready;
  }

  /** {@return the task, which runs through all runs and the pauses between them} */
  public Task<?> task() {
    return task;
  }

  /** {@return whether a run has said that it is ready; it stays so through restarts} */
  public boolean isReady() {
    return ready.value();
  }

  /**
   * Waits until a run of the task says that it is ready. Woken by that, and by the task's end.
   *
   * @param token ends the wait
   * @throws ClosedException if the task ends, or has ended, without having said so; its state says why
   * @throws io.tidegate.CancelledException if the token, or the calling task's own, is cancelled
   * @throws InterruptedException if the thread is interrupted
   */
  public void awaitReady(CancellationToken token) throws InterruptedException {
    Watch.Reader<Boolean> reader = ready.subscribe();
    while (!isReady(reader.next(token))) {
      // The first value says that it is not ready yet.
    }
  }

  /**
   * Waits as {@link #awaitReady(CancellationToken)} does, and no longer than for a time.
   *
   * @param limit how long at most
   * @param token ends the wait
   * @return whether it is ready; false if the time is over
   * @throws ClosedException if the task ends, or has ended, without having said so; its state says why
   * @throws io.tidegate.CancelledException if the token, or the calling task's own, is cancelled
   * @throws InterruptedException if the thread is interrupted
   */
  public boolean awaitReady(Duration limit, CancellationToken token) throws InterruptedException {
    Watch.Reader<Boolean> reader = ready.subscribe();
    if (isReady(reader.next(token))) {
      return true;
    }
    Optional<Boolean> next = reader.next(limit, token); // it changes once, from false to true
    return (next.isPresent() || reader.isEnded()) && isReady(next);
  }

  private boolean isReady(Optional<Boolean> next) {
    if (next.isEmpty()) {
      throw new ClosedException(task + " ended before it was ready");
    }
    return next.get();
  }

  @Override
  public String toString() {
    return task + (isReady() ? ", ready" : ", not ready");
  }
}
