// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one thread that looks at all open pools; there is none while no pool is open. */
final class PoolWatch {
  /*
   * 'thread' is set while there is a watch, under the lock: by the first add, and back by the thread itself, where it
   * finds none. Whoever adds after that starts the next one.
   *
   * No lost wake-up: the lists are changed before the thread is unparked, and it looks at them before it parks.
   */
  private static final Logger LOG = LoggerFactory.getLogger(CarrierPool.class);
  private static final Object LOCK = new Object();
  private static final List<StarvationWatch> WATCHES = new CopyOnWriteArrayList<>();

  /** Guarded by LOCK. */
  private static @Nullable Thread thread;

  private PoolWatch() {}

  static void add(StarvationWatch watch) {
    synchronized (LOCK) {
      WATCHES.add(watch);
      if (thread == null) {
        thread = Thread.ofPlatform()
            .daemon()
            .inheritInheritableThreadLocals(false)
            .name("tidegate-watch")
            .start(PoolWatch::run);
      }
      LockSupport.unpark(thread); // the new one may have to be looked at more often
    }
  }

  static void remove(StarvationWatch watch) {
    synchronized (LOCK) {
      WATCHES.remove(watch);
      if (WATCHES.isEmpty()) {
        LockSupport.unpark(thread);
      }
    }
  }

  private static void run() {
    while (hasWork()) {
      WATCHES.forEach(PoolWatch::look);
      long period = WATCHES.stream().mapToLong(StarvationWatch::periodNanos).min().orElse(0);
      LockSupport.parkNanos(PoolWatch.class, period);
    }
  }

  private static boolean hasWork() {
    synchronized (LOCK) {
      if (WATCHES.isEmpty()) {
        thread = null;
      }
      return thread != null;
    }
  }

  private static void look(StarvationWatch watch) {
    try {
      watch.look(System.nanoTime());
    } catch (Throwable fault) {
      LOG.error("{} failed", watch, fault);
    }
  }
}
