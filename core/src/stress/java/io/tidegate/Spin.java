// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.function.BooleanSupplier;

/** How one actor waits for another one, which does not wait itself. */
final class Spin {
  private Spin() {}

  @SuppressWarnings("ThreadPriorityCheck") // where there are fewer cores than actors, the other one needs this one's
  static void until(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      Thread.yield();
    }
  }
}
