// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

/** Ends the threads of a run that is given up, at their next wait. */
final class GivenUp extends Error {
  private static final long serialVersionUID = 1;

  GivenUp() {
    super("the simulation's run has been given up", null, false, false);
  }
}
