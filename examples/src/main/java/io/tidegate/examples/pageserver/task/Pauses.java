// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.task;

import io.tidegate.sync.Backoff;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** How long the server waits before it tries again what has failed. */
public final class Pauses {
  private static final Backoff BACKOFF = Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(10));

  private Pauses() {}

  /**
   * {@return how long to wait now}
   *
   * @param failures how many failures there were in a row
   */
  public static Duration after(int failures) {
    return BACKOFF.delay(failures, ThreadLocalRandom.current());
  }
}
