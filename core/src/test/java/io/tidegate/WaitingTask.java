// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** A task that waits as it is told to, and then tells what came of it. */
final class WaitingTask {
  static final String RETURNED = "returned";
  static final String CANCELLED = "cancelled";

  private final CountDownLatch told = new CountDownLatch(1);
  private final CountDownLatch running = new CountDownLatch(1);
  private final Task<String> task;
  /** Written before 'running' is counted down. */
  private @Nullable Thread thread;
  /** Written before 'told' is counted down. */
  private @Nullable CloseStep wait;

  private WaitingTask(Scope scope) throws InterruptedException {
    task = scope.fork(Work.READ, token -> body());
    running.await();
  }

  /** Starts one, which waits for nobody so far. */
  static WaitingTask in(Scope scope) throws InterruptedException {
    return new WaitingTask(scope);
  }

  private String body() throws Exception {
    thread = Thread.currentThread();
    running.countDown();
    told.await();
    return outcomeOf(Objects.requireNonNull(wait));
  }

  /** What came of a wait: one of the two texts above, or what the exception says. */
  static String outcomeOf(CloseStep wait) throws Exception {
    try {
      wait.run();
      return RETURNED;
    } catch (IllegalStateException refused) {
      return Objects.requireNonNull(refused.getMessage());
    } catch (CancelledException cancelled) {
      return CANCELLED;
    }
  }

  void starts(CloseStep itsWait) {
    wait = itsWait;
    told.countDown();
  }

  /** Lets it wait, and returns when it is seen to. */
  void parks(CloseStep itsWait) {
    starts(itsWait);
    awaitParked();
  }

  void awaitParked() {
    Blocked.in(Objects.requireNonNull(thread), Waiting.class, "park");
  }

  Task<String> task() {
    return task;
  }

  String name() {
    return task.name();
  }

  String outcome() throws InterruptedException {
    task.join();
    return task.result();
  }

  @Override
  public String toString() {
    return task.toString();
  }
}
