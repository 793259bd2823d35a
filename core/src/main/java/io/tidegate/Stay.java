// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import org.jspecify.annotations.Nullable;

/** A member that a thread is inside of while it runs: a task or a visit, perhaps within another. */
abstract class Stay extends Member {
  private final @Nullable Stay outer;
  /** Written by the staying thread before it runs user code; read by those who look at the holders. */
  private volatile @Nullable Thread thread;

  Stay(@Nullable GateImpl gate, @Nullable Stay outer) {
    super(gate);
    this.outer = outer;
  }

  /** The next one outwards that its thread has not left. */
  final @Nullable Stay outer() {
    Stay stay = outer;
    while (stay != null && stay.hasLeft()) {
      stay = stay.outer;
    }
    return stay;
  }

  final void runsOn(Thread running) {
    thread = running;
  }

  @Override
  final @Nullable Thread thread() {
    return thread;
  }

  /** The token that waits of the staying thread answer to. */
  abstract TokenNode token();

  /** Whether it has left its gate though its thread still has it as the current one. */
  boolean hasLeft() {
    return false;
  }
}
