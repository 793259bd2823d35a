// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

/** Something to do while a scope closes. */
@FunctionalInterface
public interface CloseStep {
  /**
   * Does it.
   *
   * @throws Exception if it fails; the close reports it and goes on
   */
  void run() throws Exception;
}
