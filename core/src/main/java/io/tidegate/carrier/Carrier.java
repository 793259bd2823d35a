// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One OS thread of a pool as the pool sees it: what it runs now, and how often it has begun to run something. */
final class Carrier {
  private final Thread thread;

  /** This carrier's own. */
  private long begun;

  /** Written by this carrier only, read by any thread. */
  private final AtomicReference<@Nullable Object> load = new AtomicReference<>();

  Carrier(Thread thread) {
    this.thread = thread;
  }

  Thread thread() {
    return thread;
  }

  /** Notes a run that begins, and what is run; returns its number on this carrier, from 1. */
  long begin(Object what) {
    load.setRelease(what);
    return ++begun;
  }

  void end() {
    load.setRelease(null);
  }

  /** Returns what it runs now, if anything. */
  @Nullable Object load() {
    return load.get();
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
