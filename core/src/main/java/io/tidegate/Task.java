// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * One running piece of work, and after its end what became of it.
 *
 * <p>{@link Scope#spawn} and {@link Scope#fork} start tasks. A task ends once, in the state that says how. Its handle may be
 * joined by anybody, any number of times, and keeps the result; the scope forgets the task when it ends.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 *
 * <p><b>Memory consistency effects:</b> what a thread does before it starts a task <i>happens-before</i> what the task does,
 * and that <i>happens-before</i> {@link #join} returning, or {@link #state} being seen as an end state.
 *
 * @param <T> the type of the result
 */
public sealed interface Task<T extends @Nullable Object> permits TaskImpl {
  /** Whether a task runs, and how it ended. */
  enum State {
    /** It runs, or is about to. */
    RUNNING,
    /** Its body came to its end, even if it was asked to stop meanwhile. */
    SUCCEEDED,
    /** Its body threw an exception. */
    FAILED,
    /** Its body threw because its own token is cancelled. */
    CANCELLED
  }

  /** {@return the task that the calling thread runs; empty outside of tasks} */
  static Optional<Task<?>> current() {
    return Optional.ofNullable(Current.task());
  }

  /** {@return a number that no other task of this process has; in a simulation, no other of its run} */
  long id();

  /** {@return what class of work it is} */
  TaskKind kind();

  /** {@return its name: if it was given none, that of its kind with its id} */
  String name();

  /** {@return the scope that it belongs to} */
  Scope scope();

  /** {@return whether it runs, or how it ended} */
  State state();

  /**
   * {@return when it was started, by the clock of the calling thread's pool} It is told from how long ago that was: where that
   * clock was set since then, it has moved too, and two calls may differ by the time that they take.
   */
  Instant startedAt();

  /** {@return the {@link Thread#threadId} of the thread that runs it, as in thread dumps; empty before and after} */
  OptionalLong threadId();

  /**
   * Asks this task, and nobody else, to stop. Never waits.
   *
   * @param text why
   * @return whether this call was the one that cancelled its token
   */
  boolean cancel(String text);

  /**
   * Waits until the task has ended, however it did.
   *
   * @throws IllegalStateException if the task itself calls it, or if it waits for the caller in a cycle, see {@link
   *     Scope}
   * @throws CancelledException if the calling task's own token is cancelled first
   * @throws InterruptedException if the thread is interrupted
   */
  void join() throws InterruptedException;

  /**
   * Waits until the task has ended, or for a time.
   *
   * @param limit how long at most
   * @return whether it has ended
   * @throws IllegalStateException if the task itself calls it, or if it waits for the caller in a cycle, see {@link
   *     Scope}
   * @throws CancelledException if the calling task's own token is cancelled first
   * @throws InterruptedException if the thread is interrupted
   */
  boolean join(Duration limit) throws InterruptedException;

  /**
   * {@return the result of a task that has succeeded}
   *
   * @throws IllegalStateException if it runs, or has failed or was cancelled, with what it threw as the cause
   */
  T result();

  /**
   * {@return what the task threw; empty if it has succeeded}
   *
   * @throws IllegalStateException if it runs
   */
  Optional<Throwable> exception();

  /** Sets up tasks. Not safe for use by several threads; each {@code spawn} or {@code fork} starts one. */
  sealed interface Builder permits TaskBuilder {
    /**
     * Names the task, for listings, logs and reports.
     *
     * @param name the name, which is not empty
     * @return this builder
     */
    Builder name(String name);

    /**
     * Sets what the failure of the task means to others, before what its kind and its scope say of that.
     *
     * @param policy the policy
     * @return this builder
     */
    Builder onFailure(FailurePolicy policy);

    /**
     * Starts a task as {@link Scope#spawn} does.
     *
     * @param action what to do
     * @return the task's handle
     * @throws GateClosedException if the scope refuses the task
     */
    Task<?> spawn(TaskAction action);

    /**
     * Starts a task as {@link Scope#fork(TaskKind, TaskBody)} does.
     *
     * @param body what to do
     * @param <T> the type of the result
     * @return the task's handle
     * @throws GateClosedException if the scope refuses the task
     */
    <T extends @Nullable Object> Task<T> fork(TaskBody<T> body);
  }
}
