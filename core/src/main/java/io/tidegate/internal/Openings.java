// SPDX-License-Identifier: Apache-2.0
package io.tidegate.internal;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells an observer, if there is one, what is opened. It keeps nothing itself: where nobody observes, an opening costs one
 * read more. A scope below a root, a task, a guard is no opening, and costs nothing more at all.
 */
public final class Openings {
  private static volatile @Nullable Consumer<? super Opening> observer;

  private Openings() {}

  /**
   * Tells of an opening, on the thread that opens, before anybody else knows it.
   *
   * @param opening what is opened
   */
  public static void tell(Opening opening) {
    Consumer<? super Opening> told = observer;
    if (told != null) {
      told.accept(opening);
    }
  }

  /**
   * Sets who is told from now on.
   *
   * @param newObserver whoever is told, on any thread; nobody if it is null
   */
  public static void observe(@Nullable Consumer<? super Opening> newObserver) {
    observer = newObserver;
  }
}
