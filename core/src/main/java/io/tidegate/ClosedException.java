// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

/**
 * Thrown because what the caller uses is closed, or because its other end is gone: an outcome of somebody's end, and
 * not of the caller's own cancel.
 *
 * <p>It is no failure of a task whose own token is cancelled: such a task ends {@code CANCELLED}.
 */
public class ClosedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes an exception.
   *
   * @param message names what is closed
   */
  public ClosedException(String message) {
    super(message);
  }
}
