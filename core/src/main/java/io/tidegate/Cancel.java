// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A cancel as the tokens that it reaches store it.
 *
 * @param reason why
 * @param order which of all cancels of this process it was: of two that did not race, the earlier one is lower
 */
record Cancel(CancelReason reason, long order) {
  /** Stands where no cancel is, see {@link TokenNode}. */
  static final Cancel TOLD = new Cancel(new CancelReason(CancelReason.Code.REQUESTED, "", "", Instant.EPOCH, null), 0);

  private static final AtomicLong LAST = new AtomicLong();

  static Cancel now(CancelReason reason) {
    return new Cancel(reason, LAST.incrementAndGet());
  }

  /** The earlier one of two that may be missing. */
  static @Nullable Cancel first(@Nullable Cancel one, @Nullable Cancel other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return other.order < one.order ? other : one;
  }
}
