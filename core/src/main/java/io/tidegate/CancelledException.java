// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import org.jspecify.annotations.Nullable;

/**
 * Thrown out of a wait, or of {@link CancellationToken#throwIfCancelled}, because a token is cancelled.
 *
 * <p>It is an outcome, not a failure: a task that ends with its own token's exception is {@code CANCELLED}.
 */
public final class CancelledException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient CancelReason reason;

  CancelledException(CancelReason reason, @Nullable Throwable cause) {
    super(reason.toString(), cause != null ? cause : reason.cause());
    this.reason = reason;
  }

  /** {@return why} */
  public CancelReason reason() {
    return reason;
  }

  /**
   * {@return whether this comes from {@code token} or from an ancestor of it: one's own cancellation, not a stranger's}
   *
   * @param token the token that the caller answers to
   */
  public boolean is(CancellationToken token) {
    return ((TokenNode) token).currentReason() == reason;
  }
}
