// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.LinkedHashSet;
import java.util.Set;

/** The threads that wait for one thing to happen. Its monitor guards it; a thread is in it at most once. */
final class WaitList {
  private final Set<Thread> threads = new LinkedHashSet<>();

  synchronized void add(Thread thread) {
    threads.add(thread);
  }

  synchronized void remove(Thread thread) {
    threads.remove(thread);
  }

  synchronized void wakeAll() {
    threads.forEach(Waiting::unpark);
  }
}
