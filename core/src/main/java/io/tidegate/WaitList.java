// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.LinkedHashSet;
import org.jspecify.annotations.Nullable;

/** The threads that wait for one thing to happen. Its monitor guards it; a thread is in it at most once. */
final class WaitList {
  /** Most often it is one; null while there is none, and then there are no others. */
  private @Nullable Thread first;

  private @Nullable LinkedHashSet<Thread> others;

  synchronized void add(Thread thread) {
    if (first == null) {
      first = thread;
    } else if (first != thread) {
      if (others == null) {
        others = new LinkedHashSet<>();
      }
      others.add(thread);
    }
  }

  synchronized void remove(Thread thread) {
    if (first == thread) {
      first = nextFirst();
    } else if (others != null) {
      others.remove(thread);
    }
  }

  private @Nullable Thread nextFirst() {
    return others == null || others.isEmpty() ? null : others.removeFirst();
  }

  synchronized void wakeAll() {
    Waiting.unpark(first);
    if (others != null) {
      others.forEach(Waiting::unpark);
    }
  }
}
