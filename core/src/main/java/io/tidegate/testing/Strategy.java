// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Chooses which thread of a run goes on. Asked where there is a choice only. */
interface Strategy {
  /**
   * Chooses who runs next.
   *
   * @param current the thread that runs and can go on; null if it has ended or waits
   * @param ready the others that can run, in the order in which they became so; never empty, and of one only if there is
   *     a current one
   * @return the one that runs next: the current one, or one of the others
   */
  Actor choose(@Nullable Actor current, List<Actor> ready);

  /** Told of each new thread, before it is among the ready ones. */
  default void began(Actor actor) {}
}
