// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import io.tidegate.internal.Opening;
import io.tidegate.internal.Openings;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A pool with a name of its own: what its life is, whatever runs its threads. */
final class NamedPool implements CarrierPool, Opening {
  /*
   *   from      to        by                    when
   *   OPEN      CLOSING   close                 at once; newThread refuses from here on
   *   CLOSING   CLOSED    the first to close    the last thread has left and the carriers have ended
   *
   * Of all closers the first one does the work; the others wait for 'closed'. See Turnstile for why the last thread is
   * seen, and CarrierScheduler for what becomes of continuations that come later.
   */
  private static final Logger LOG = LoggerFactory.getLogger(NamedPool.class);

  /** Carriers end by themselves unless somebody else's thread sits on one: for that one close need not hang. */
  private static final Duration CARRIER_EXIT_LIMIT = Duration.ofSeconds(1);

  private final String name;
  private final Isolation isolation;
  private final PoolEngine engine;
  private final @Nullable StarvationWatch watch;
  private final PoolThreads threads;

  /** Any thread: set by the closer that does the work. */
  private final AtomicBoolean closing = new AtomicBoolean();

  private final CountDownLatch closed = new CountDownLatch(1);

  /** Makes an open pool; without a watch where the JDK's scheduler runs its threads. */
  NamedPool(String name, Isolation isolation, PoolEngine engine, @Nullable StarvationWatch watch) {
    this.name = name;
    this.isolation = isolation;
    this.engine = engine;
    this.watch = watch;
    this.threads = new PoolThreads(this, engine);
    if (watch != null) {
      PoolWatch.add(watch);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean isVirtual() {
    return engine.isVirtual();
  }

  @Override
  public void start(String threadName, Runnable body) {
    threads.start(threadName, body);
  }

  @Override
  public ThreadFactory factory() {
    return threads;
  }

  @Override
  public PoolClock clock() {
    return Simulator.clockOfThisThread();
  }

  @Override
  public Isolation isolation() {
    return isolation;
  }

  @Override
  public PoolStats stats() {
    PoolStats stats = threads.here().stats();
    return watch == null ? stats : stats.starved(watch.episodes(), watch.current());
  }

  @Override
  public boolean isClosed() {
    PoolThreads here = threads.here();
    return here == threads ? closed.getCount() == 0 : here.isRefusing() && here.stats().live() == 0;
  }

  @Override
  public void close() {
    if (threads.isOneOfThese()) {
      throw new IllegalStateException(
          "A thread of carrier pool \"" + name + "\" cannot close it: close waits for that thread");
    }
    PoolThreads here = threads.here();
    if (here != threads) {
      // What stands in its place ends with the run: the next one finds the pool as it was.
      here.refuseNew();
      Uninterrupted.run(here::awaitNone);
    } else if (closing.compareAndSet(false, true)) {
      threads.refuseNew();
      Uninterrupted.run(threads::awaitNone);
      if (watch != null) {
        PoolWatch.remove(watch);
      }
      endCarriers();
      closed.countDown();
    } else {
      // Woken by the closer above, which ends when the threads have, or with its limit.
      Uninterrupted.run(closed::await);
    }
  }

  private void endCarriers() {
    boolean ended = Uninterrupted.call(() -> engine.end(CARRIER_EXIT_LIMIT));
    if (!ended) {
      LOG.warn(
          "Carrier pool \"{}\" is closed, but not all of its carriers have ended after {}: on some sits a thread that"
              + " the pool did not make (started from one of its threads), and does not let go",
          name, CARRIER_EXIT_LIMIT);
    }
  }

  @Override
  public List<?> inside() {
    return List.of(); // it knows how many there are, and not who
  }

  @Override
  public String tree() {
    return toString();
  }

  private String state() {
    if (isClosed()) {
      return "CLOSED";
    }
    return threads.here().isRefusing() ? "CLOSING" : "OPEN";
  }

  @Override
  public String toString() {
    return PoolText.of(this, state());
  }
}
