// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import io.tidegate.CancelReason;
import io.tidegate.CancelledException;
import io.tidegate.ClosedException;
import io.tidegate.Waiter;

/** Tells failures from ends. */
final class Outcome {
  private Outcome() {}

  /**
   * Whether an exception says that somebody is to stop, and not that something went wrong: a cancel, a close, an
   * interrupt. A deadline that the work had set itself is a failure: it may do better the next time.
   */
  static boolean isEnd(Exception thrown) {
    return thrown instanceof ClosedException
        || thrown instanceof InterruptedException
        || (thrown instanceof CancelledException cancelled && cancelled.reason().code() != CancelReason.Code.DEADLINE);
  }

  /** Throws if whoever is to stop is the caller; what the work threw meanwhile is its own exception, or comes along. */
  static void throwIfCancelled(Waiter caller, Exception thrown) {
    try {
      caller.throwIfCancelled();
    } catch (CancelledException cancelled) {
      if (thrown instanceof CancelledException same && same.reason() == cancelled.reason()) {
        throw same;
      }
      cancelled.addSuppressed(thrown);
      throw cancelled;
    }
  }
}
