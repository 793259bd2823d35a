// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** One OS thread of a pool, named {@code <pool>-<number>} with the lowest number that is free. */
final class Carrier extends ForkJoinWorkerThread {
  /** Written by this carrier only, read by any thread. */
  private final AtomicLong begun = new AtomicLong();

  /** Written by this carrier only, read by any thread. */
  private final AtomicLong ended = new AtomicLong();

  Carrier(ForkJoinPool pool) {
    // Thread locals are kept between tasks: the JDK caches the buffers of socket I/O in its carriers'.
    super(rootGroup(), pool, true);
    setName(carriers().label());
    // Else it would be that of whoever's work happened to need this carrier, for as long as the carrier lives.
    setContextClassLoader(ClassLoader.getSystemClassLoader());
  }

  private static ThreadGroup rootGroup() {
    ThreadGroup group = Thread.currentThread().getThreadGroup();
    for (ThreadGroup parent = group.getParent(); parent != null; parent = parent.getParent()) {
      group = parent;
    }
    return group;
  }

  /** Takes a number and with it the name: here and not in the constructor, as a thread may fail to start. */
  @Override
  protected void onStart() {
    setName(carriers().label() + "-" + carriers().roll().add(this));
  }

  @Override
  protected void onTermination(@Nullable Throwable exception) {
    carriers().roll().remove(this);
  }

  Carriers carriers() {
    return (Carriers) getPool();
  }

  /** Counts a run that begins; returns its number on this carrier, from 1. */
  long begin() {
    return begun.incrementAndGet();
  }

  void end() {
    ended.incrementAndGet();
  }

  long begun() {
    return begun.get();
  }

  boolean isMounted() {
    long before = ended.get();
    return begun.get() != before;
  }
}
