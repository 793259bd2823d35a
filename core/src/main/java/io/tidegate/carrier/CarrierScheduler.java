// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import io.tidegate.carrier.Carriers.Probe;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinTask;
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
   * State: ending (once true, for ever), set by endCarriers before it shuts 'carriers', a ForkJoinPool, down.
   * A continuation that comes to execute is, by what that finds first:
   *
   *   ending   the caller             handed to      why it is run
   *   false    runs on a carrier      carriers       they do not end as long as one of them runs something, and end
   *                                                  only when no queue holds anything
   *   false    is any other thread    carriers, or,  a task that is submitted during a shutdown is run or refused
   *                                   refused,
   *                                   jdkScheduler
   *   true     any                    jdkScheduler   that one never ends
   *   any, but the carriers throw (no memory for an OS thread): jdkScheduler as well. Perhaps the carriers have kept
   *   it all the same; a continuation that is run twice does nothing the second time.
   *
   * A carrier that ends may wake a thread by that, which waits for the end. It would put it into a queue that nobody
   * looks into any more; but 'ending' was set before the shutdown, so it finds it set.
   *
   * Run or refused is what ForkJoinPool.shutdown promises. It keeps that (read in 21 and 25) as a stranger's push looks
   * for the shutdown while it holds the lock of its queue, and the pool's end looks at all queues and their locks after
   * the shutdown is seen by everybody. So nobody is counted here: two atomic steps less in each wake-up. Watched by
   * HandOverStress and StragglerTest, as the next JDK may break what it promises.
   */
  private volatile boolean ending;

  private final Carriers carriers;
  private final Executor jdkScheduler;

  /** The caller of waitedNanos only: what it has sent last. */
  private @Nullable Probe probe;

  /** The caller of waitedNanos only: how long the probe before had to wait. */
  private long lastWaitNanos;

  CarrierScheduler(String name, int parallelism, Executor jdkScheduler) {
    this.carriers = new Carriers(name, parallelism);
    this.jdkScheduler = jdkScheduler;
  }

  @Override
  public void execute(Runnable continuation) {
    execute(continuation, null);
  }

  /** Does so, queueing what the continuation's thread has for that, if it has anything. */
  void execute(Runnable continuation, @Nullable ForkJoinTask<?> own) {
    if (ending || !carriers.take(continuation, own)) {
      jdkScheduler.execute(continuation);
    }
  }

  /**
   * Ends the carriers after they have run what they were given, waiting no longer than a limit for them.
   *
   * @return whether all have ended
   */
  boolean endCarriers(Duration limit) throws InterruptedException {
    ending = true;
    return carriers.end(limit);
  }

  /** Returns how many continuations wait for a carrier. */
  long queued() {
    return carriers.queued();
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
    Probe sent = probe;
    long ageNanos = 0;
    if (sent != null && sent.isDone()) {
      lastWaitNanos = sent.waitedNanos(nowNanos);
      sent = null;
    } else if (sent != null) {
      ageNanos = sent.waitedNanos(nowNanos);
    }
    probe = sent == null ? carriers.sendProbe(nowNanos) : sent;
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
