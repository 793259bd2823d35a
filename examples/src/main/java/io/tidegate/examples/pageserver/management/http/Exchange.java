// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.http;

import io.tidegate.Task;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A request that is being answered.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
final class Exchange {
  private final Request request;
  private final Consumer<Response> client;
  /** The task that answers; guarded by this. */
  private @Nullable Task<?> task;

  /** Whether the client has hung up; guarded by this. */
  private boolean dropped;

  /**
   * Makes an exchange.
   *
   * @param request what is asked
   * @param client takes the answer, from any thread, and does not block
   */
  Exchange(Request request, Consumer<Response> client) {
    this.request = request;
    this.client = client;
  }

  Request request() {
    return request;
  }

  /** Makes a task the one that answers: it is cancelled as soon as the client hangs up, or has. */
  synchronized void answeredBy(Task<?> newTask) {
    task = newTask;
    if (dropped) {
      cancel(newTask);
    }
  }

  synchronized void drop() {
    dropped = true;
    if (task != null) {
      cancel(task);
    }
  }

  private static void cancel(Task<?> running) {
    running.cancel("the client has hung up");
  }

  synchronized boolean isDropped() {
    return dropped;
  }

  void answer(Response response) {
    client.accept(response);
  }
}
