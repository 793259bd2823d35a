// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks from time to time whether work of one pool has been ready for too long, and tells once who is in its way. */
final class StarvationWatch {
  private static final Logger LOG = LoggerFactory.getLogger(CarrierPool.class);

  private final String pool;
  private final PoolEngine engine;
  private final long limitNanos;

  private final AtomicLong episodes = new AtomicLong();

  /** Written under the monitor. */
  private volatile @Nullable Starvation current;

  StarvationWatch(String pool, PoolEngine engine, Duration limit) {
    this.pool = pool;
    this.engine = engine;
    this.limitNanos = limit.toNanos();
  }

  /** Returns how long it may go without a look, to tell not much later than it must. */
  long periodNanos() {
    return Math.max(1, limitNanos / 4);
  }

  /** Looks at the pool at a time, a value of {@link System#nanoTime}. */
  synchronized void look(long nowNanos) {
    long waitedNanos = engine.waitedNanos(nowNanos);
    if (waitedNanos >= limitNanos) {
      starves(new Starvation(Duration.ofNanos(waitedNanos), engine.queued(), engine.occupants()));
    } else if (current != null) {
      current = null;
      LOG.info("Carrier pool \"{}\" has carriers for all that is ready again", pool);
    }
  }

  private void starves(Starvation seen) {
    boolean begins = current == null;
    current = seen;
    if (begins) {
      episodes.incrementAndGet();
      LOG.warn("Carrier pool \"{}\": {}", pool, seen);
    }
  }

  long episodes() {
    return episodes.get();
  }

  Optional<Starvation> current() {
    return Optional.ofNullable(current);
  }
}
