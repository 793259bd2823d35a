// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import io.tidegate.CancelledException;
import io.tidegate.ClosedException;
import io.tidegate.GateClosedException;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.TaskBody;
import io.tidegate.examples.pageserver.task.FileTask;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.tenant.RefusedException.Why;
import java.io.IOException;
import java.util.Optional;

/** Runs what must not be cut in half by a caller that goes away: as a task of whoever is changed by it. */
final class Operation {
  private Operation() {}

  /**
   * Starts an operation.
   *
   * @throws RefusedException because the scope is closing: the body does not run
   */
  static <T> Task<T> start(Scope scope, Kind kind, String name, TaskBody<T> body) {
    try {
      return scope.newTask(kind).name(name).fork(body);
    } catch (GateClosedException closing) {
      throw refused(scope, closing);
    }
  }

  /**
   * Waits for an operation. A caller that is cancelled no longer waits; the operation goes on to its end.
   *
   * @throws RefusedException as the operation does, or because it was cut short by a close
   * @throws IOException as the operation does
   * @throws CancelledException if the calling task is cancelled first
   * @throws InterruptedException if the thread is interrupted
   */
  static <T> T await(Task<T> task) throws IOException, InterruptedException {
    task.join();
    Optional<Throwable> thrown = task.exception();
    if (thrown.isPresent() && (thrown.get() instanceof CancelledException || thrown.get() instanceof ClosedException)) {
      throw refused(task.scope(), (RuntimeException) thrown.get());
    }
    return FileTask.result(task);
  }

  private static RefusedException refused(Scope scope, RuntimeException cause) {
    RefusedException refused = new RefusedException(Why.UNAVAILABLE, scope.path() + " is closing");
    refused.initCause(cause);
    return refused;
  }
}
