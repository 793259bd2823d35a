// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

/**
 * A callback that waits for a token's cancel.
 *
 * <p><b>Threads:</b> safe for use by any thread, the callback's own included.
 */
public interface Registration {
  /**
   * Withdraws the callback. Never blocks: a callback that has already started is not waited for, though the close of the
   * scope that it belongs to waits for it.
   *
   * @return true if this call prevented the run; false if the callback runs, has run, or was withdrawn before
   */
  boolean close();
}
