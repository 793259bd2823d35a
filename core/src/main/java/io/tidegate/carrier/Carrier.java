// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** One OS thread of a pool as the pool sees it: what it runs now, and how often it has begun to run something. */
final class Carrier {
  /** Places to both sides of what is written at each run: two cache lines and more, as two carriers may lie side by side. */
  private static final int MARGIN = 32;

  private final Thread thread;

  /** Between margins; this carrier's own. */
  private final long[] begun = new long[MARGIN + 1 + MARGIN];

  /** Between margins; written by this carrier only, read by any thread. */
  private final AtomicReferenceArray<@Nullable Object> load = new AtomicReferenceArray<>(MARGIN + 1 + MARGIN);

  Carrier(Thread thread) {
    this.thread = thread;
  }

  Thread thread() {
    return thread;
  }

  /** Notes a run that begins, and what is run; returns its number on this carrier, from 1. */
  long begin(Object what) {
    load.setRelease(MARGIN, what);
    return ++begun[MARGIN];
  }

  void end() {
    load.setRelease(MARGIN, null);
  }

  /** Returns what it runs now, if anything. */
  @Nullable Object load() {
    return load.get(MARGIN);
  }

  /** Returns the group that a pool's OS threads are in: not that of whoever's work happened to need one. */
  static ThreadGroup rootGroup() {
    ThreadGroup group = Thread.currentThread().getThreadGroup();
    for (ThreadGroup parent = group.getParent(); parent != null; parent = parent.getParent()) {
      group = parent;
    }
    return group;
  }
}
