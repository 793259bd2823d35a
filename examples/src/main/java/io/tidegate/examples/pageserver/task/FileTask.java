// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.task;

import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.TaskAction;
import io.tidegate.TaskBody;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** File work as a task of its own, on a thread that may block for it, while the caller waits and keeps no carrier. */
public final class FileTask {
  private FileTask() {}

  /**
   * Starts a task and waits for its result. A caller that is cancelled no longer waits; the task goes on to its end,
   * and the scope's close waits for it.
   *
   * @param scope whose task it is
   * @param kind its kind, of the pool {@link Pools#IO}
   * @param body what to do
   * @param <T> the type of the result
   * @return the result
   * @throws IOException as the body did; unchecked exceptions of it too
   * @throws IllegalStateException if the body failed otherwise, with what it threw as the cause
   * @throws io.tidegate.GateClosedException if the scope refuses the task
   * @throws io.tidegate.CancelledException if the calling task is cancelled first
   * @throws InterruptedException if the thread is interrupted
   */
  public static <T extends @Nullable Object> T call(Scope scope, Kind kind, TaskBody<T> body)
      throws IOException, InterruptedException {
    Task<T> task = scope.fork(kind, body);
    task.join();
    return result(task);
  }

  /**
   * Forks a task without a result into a scope, and waits for it as {@link #call} does.
   *
   * @param scope whose task it is
   * @param kind its kind, of the pool {@link Pools#IO}
   * @param action what to do
   * @throws IOException as the action did; unchecked exceptions of it too
   * @throws IllegalStateException if the action failed otherwise, with what it threw as the cause
   * @throws io.tidegate.GateClosedException if the scope refuses the task
   * @throws io.tidegate.CancelledException if the calling task is cancelled first
   * @throws InterruptedException if the thread is interrupted
   */
  public static void run(Scope scope, Kind kind, TaskAction action) throws IOException, InterruptedException {
    FileTask.<@Nullable Void>call(scope, kind, token -> {
      action.run(token);
      return null;
    });
  }

  /**
   * {@return the result of a task that has ended}
   *
   * @param task the task
   * @param <T> the type of the result
   * @throws IOException as the body did; unchecked exceptions of it too
   * @throws IllegalStateException if the task runs, or the body failed otherwise, with what it threw as the cause
   */
  public static <T extends @Nullable Object> T result(Task<T> task) throws IOException {
    return switch (task.exception().orElse(null)) {
      case IOException failed -> throw failed;
      case RuntimeException failed -> throw failed;
      case null, default -> task.result();
    };
  }
}
