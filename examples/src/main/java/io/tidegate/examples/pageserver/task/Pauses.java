// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.task;

import io.tidegate.CancellationToken;
import io.tidegate.TaskAction;
import io.tidegate.sync.Backoff;
import io.tidegate.sync.Retry;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How long the server waits before it tries again what has failed. */
public final class Pauses {
  private static final Backoff BACKOFF = Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(10));

  private Pauses() {}

  /**
   * {@return a retry with these pauses and without end}
   *
   * @param what what is tried, for the log
   */
  public static Retry retry(String what) {
    return Retry.of(what, BACKOFF);
  }

  /**
   * Does something again and again, with these pauses, until it succeeds.
   *
   * @param what what is tried, for the log
   * @param step does it
   * @param token ends the pauses, and is what the step answers to
   * @throws Exception if the token is cancelled first
   */
  public static void untilDone(String what, TaskAction step, CancellationToken token) throws Exception {
    retry(what).<@Nullable Void>call(own -> {
      step.run(own);
      return null;
    }, token);
  }

  /**
   * {@return how long to wait now}
   *
   * @param failures how many failures there were in a row
   */
  public static Duration after(int failures) {
    return BACKOFF.delay(failures);
  }
}
