// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.Occupant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * The open roots of the process, where the task of any thread can be found. One that is dropped without a close leaves
 * nothing here.
 */
final class Roots {
  private static final Set<ScopeImpl> OPEN = Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

  static {
    Occupant.describedBy(Roots::tasksOf);
  }

  private Roots() {}

  static void add(ScopeImpl root) {
    OPEN.add(root);
  }

  static void remove(ScopeImpl root) {
    OPEN.remove(root);
  }

  /** Describes the tasks that these threads run, by thread; those that run none are left out. */
  private static Map<Thread, String> tasksOf(Set<Thread> threads) {
    Map<Thread, String> found = new HashMap<>();
    for (ScopeImpl root : open()) {
      for (TaskImpl<?> task : root.running()) {
        Thread thread = task.thread();
        if (thread != null && threads.contains(thread)) {
          found.put(thread, "%s (task %d) of %s".formatted(task.name(), task.id(), task.scope().path()));
        }
      }
    }
    return found;
  }

  private static List<ScopeImpl> open() {
    synchronized (OPEN) {
      return new ArrayList<>(OPEN);
    }
  }
}
