// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

/** The window of a broken twin, as wide as the code that stands there in the protocol, or wider: so that it is met often. */
public final class Window {
  private static final int PAUSES = 20;

  private Window() {}

  /** Gives another thread the time to go by. */
  public static void open() {
    for (int i = 0; i < PAUSES; i++) {
      Thread.onSpinWait();
    }
  }
}
