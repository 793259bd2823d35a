// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

/** Thrown by a {@link CircuitBreaker} that is open; the work did not start. */
public final class CircuitOpenException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CircuitOpenException(String message, Exception lastFailure) {
    super(message, lastFailure);
  }
}
