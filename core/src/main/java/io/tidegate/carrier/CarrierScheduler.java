// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import io.tidegate.carrier.Carriers.Probe;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The scheduler of one pool's virtual threads: hands each continuation to the pool's carriers, and once these are gone,
 * to the JDK's.
 *
 * <p>The JDK calls {@link #execute} from whatever thread wakes a virtual one: other virtual threads (pinned meanwhile),
 * its timers, network pollers and the unblocker of monitors. An exception would end those for the whole process: none
 * gets out as long as the JDK's own scheduler takes what it is given, and nothing here blocks or takes a lock.
 */
final class CarrierScheduler implements Executor {
  /*
   * State: that of 'handOvers', see Turnstile. A continuation that comes to execute is, by the state that enter finds:
   *
   *   state         handed to     why it is run
   *   open          carriers      they are ended only after (below)
   *   shut          jdkScheduler  that one never ends
   *   open, but the carriers throw (no memory for an OS thread): jdkScheduler as well. Perhaps the carriers have kept
   *   it all the same; a continuation that is run twice does nothing the second time.
   *
   * Nothing is lost in a race with close: endCarriers first shuts the turnstile, then waits until nobody is inside,
   * and only then lets ForkJoinPool.shutdown refuse. After that wait nobody is between "let in" and "handed to the
   * carriers", and nobody will be; what the carriers got before is run, that is what shutdown promises.
   * All interleavings, and the twin that loses one, are in HandOverRaceTest.
   *
   * The wait is short: inside is only the push to a queue, done by a platform thread or a pinned virtual one.
   */
  private final Turnstile handOvers = new Turnstile();
  private final Carriers carriers;
  private final Executor jdkScheduler;

  /** The caller of waitedNanos only: what it has sent, and how long the one before had to wait. */
  private @Nullable Probe probe;

  private long lastWaitNanos;

  CarrierScheduler(String name, int parallelism, Executor jdkScheduler) {
    this.carriers = new Carriers(name, parallelism);
    this.jdkScheduler = jdkScheduler;
  }

  @Override
  public void execute(Runnable continuation) {
    if (!handOvers.enter()) {
      jdkScheduler.execute(continuation);
      return;
    }
    boolean taken;
    try {
      taken = carriers.take(continuation);
    } finally {
      handOvers.leave();
    }
    if (!taken) {
      jdkScheduler.execute(continuation);
    }
  }

  /**
   * Ends the carriers after they have run what they were given, waiting no longer than a limit for them.
   *
   * @return whether all have ended
   */
  boolean endCarriers(Duration limit) throws InterruptedException {
    handOvers.shut();
    handOvers.awaitEmpty();
    return carriers.end(limit);
  }

  /** Returns how many continuations wait for a carrier. */
  long queued() {
    // What has begun was admitted before: in this order the difference is never too small.
    long begun = carriers.roll().begun();
    return Math.max(0, handOvers.admitted() - begun);
  }

  /**
   * Returns how long a probe behind what waits for a carrier has waited, or the last one did: as long as something
   * waits there is one. Called by one thread at a time.
   */
  long waitedNanos(long nowNanos) {
    if (queued() == 0) {
      probe = null;
      lastWaitNanos = 0;
      return 0;
    }
    long ageNanos = 0;
    if (probe != null && probe.isDone()) {
      lastWaitNanos = probe.waitedNanos(nowNanos);
      probe = null;
    } else if (probe != null) {
      ageNanos = probe.waitedNanos(nowNanos);
    }
    if (probe == null) {
      probe = carriers.sendProbe(nowNanos);
    }
    return Math.max(ageNanos, lastWaitNanos);
  }

  LatencyHistogram latencies() {
    return carriers.latencies();
  }

  CarrierRoll roll() {
    return carriers.roll();
  }

  int parallelism() {
    return carriers.getParallelism();
  }
}
