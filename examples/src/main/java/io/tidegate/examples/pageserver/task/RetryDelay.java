// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.task;

import java.time.Duration;

/** How long to wait before the next attempt: doubles with each failure in a row, up to a limit. Confined to one task. */
public final class RetryDelay {
  private static final Duration FIRST = Duration.ofMillis(100);
  private static final Duration LONGEST = Duration.ofSeconds(10);

  private Duration next = FIRST;

  /** {@return the delay after one more failure} */
  public Duration afterFailure() {
    Duration delay = next;
    Duration doubled = next.multipliedBy(2);
    next = doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST;
    return delay;
  }

  /** Starts over: something has succeeded. */
  public void reset() {
    next = FIRST;
  }
}
