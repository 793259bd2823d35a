// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import io.tidegate.carrier.PlatformEngine.Job;
import org.jspecify.annotations.Nullable;

/**
 * A platform thread of a pool, named {@code <pool>-<number>} with the lowest number that is free. It runs one job after
 * the other where nothing of one can come to the next, and a single one where the JVM does not let it forget.
 */
final class PlatformCarrier extends Thread {
  private final PlatformEngine engine;
  private final @Nullable Thread predecessor;
  private final Carrier carrier = new Carrier(this);

  /** Makes one, perhaps in the place of another, which is about to end. */
  PlatformCarrier(PlatformEngine engine, @Nullable Thread predecessor) {
    super(Carrier.rootGroup(), null, engine.label(), 0, false);
    this.engine = engine;
    this.predecessor = predecessor;
    setDaemon(true);
  }

  Carrier carrier() {
    return carrier;
  }

  @Override
  public void run() {
    if (predecessor != null) {
      Uninterrupted.run(predecessor::join); // so that its number is free, and there are never more threads than allowed
    }
    String name = engine.label() + "-" + engine.roll().add(carrier);
    forget(name);
    Job job = engine.next(carrier);
    while (job != null) {
      run(job);
      boolean goesOn = forget(name) || !engine.relay(this);
      job = goesOn ? engine.next(carrier) : null;
    }
  }

  private void run(Job job) {
    carrier.begin(job);
    engine.latencies().add(System.nanoTime() - job.queuedAtNanos());
    try {
      job.work().run();
    } finally {
      carrier.end();
    }
  }

  /** Makes the thread as new; returns whether that is possible to the last. */
  @SuppressWarnings("ThreadPriorityCheck") // only to undo what others rely on
  private boolean forget(String name) {
    setName(name);
    setPriority(NORM_PRIORITY);
    setContextClassLoader(ClassLoader.getSystemClassLoader());
    setUncaughtExceptionHandler(null);
    Thread.interrupted();
    if (ThreadLocalEraser.isAllowed()) {
      ThreadLocalEraser.erase();
      return true;
    }
    return false;
  }
}
