// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

/** A piece of work without a result. */
@FunctionalInterface
public interface TaskAction {
  /**
   * Does the work.
   *
   * @param token the token that the work answers to
   * @throws Exception if it fails
   */
  void run(CancellationToken token) throws Exception;
}
