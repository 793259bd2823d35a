// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

/**
 * Thrown to a newcomer by a gate or a scope that is closing or closed, or by a scope that has retired the kind of the task;
 * the work that it came with did not start.
 *
 * <p>It is no failure of a task whose own token is cancelled: such a task ends {@code CANCELLED}.
 */
public final class GateClosedException extends ClosedException {
  private static final long serialVersionUID = 1L;

  GateClosedException(String message) {
    super(message);
  }
}
