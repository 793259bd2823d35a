// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.time.Duration;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The OS threads of one pool, and the queues before them.
 *
 * <p>A {@link ForkJoinPool} in FIFO mode, as the JDK's own scheduler is one: its queues take no lock, its idle threads
 * end by themselves, and a wake-up costs what it costs there.
 */
final class Carriers extends ForkJoinPool {
  /** As long as the JDK's own scheduler keeps an idle carrier. */
  private static final long KEEP_ALIVE_SECONDS = 30;

  /** One run in so many has its wait for a carrier timed: reading the clock twice each time would be felt. */
  private static final int SAMPLE_EVERY = 16;

  private static final long NOT_SAMPLED = 0;

  /** After so many runs a carrier looks outside its own queue, which a thread that only yields keeps full. */
  private static final int LOOK_OUTSIDE_EVERY = 64;

  private final String label;
  private final LatencyCounts latencies = new LatencyCounts();

  /** Whether the next hand-over is timed: set by carriers, reset by whoever hands over. */
  private final AtomicBoolean sampleNext = new AtomicBoolean(true);

  /** Probes that were sent and have not run. */
  private final AtomicInteger probesQueued = new AtomicInteger();

  private final CarrierRoll roll = new CarrierRoll();

  Carriers(String label, int parallelism) {
    super(parallelism, ForkJoinCarrier::new, null, true, parallelism, parallelism, 1, pool -> true, KEEP_ALIVE_SECONDS,
        TimeUnit.SECONDS);
    this.label = label;
  }

  /**
   * Queues a continuation, as what its thread has for that, if anything; never throws and never blocks; false if that may have
   * failed.
   */
  boolean take(Runnable continuation, @Nullable ForkJoinTask<?> own) {
    try {
      boolean sampled = isSampled();
      ForkJoinTask<?> queued =
          own == null || sampled ? new Mount(continuation, sampled ? System.nanoTime() | 1 : NOT_SAMPLED) : own;
      execute(queued);
      return true;
    } catch (Throwable noThreadOrMemory) {
      // Not lost: the caller hands the continuation on. To report it here could block, and ends by throwing again.
      return false;
    }
  }

  private boolean isSampled() {
    return sampleNext.get() && sampleNext.compareAndSet(true, false);
  }

  /** Queues something that does nothing, behind what waits; null if that may have failed. */
  @Nullable Probe sendProbe(long nowNanos) {
    probesQueued.incrementAndGet();
    try {
      Probe probe = new Probe(nowNanos);
      execute(probe);
      return probe;
    } catch (RejectedExecutionException ended) {
      probesQueued.decrementAndGet();
      return null;
    }
  }

  /** Returns how many continuations wait in the queues, also where a probe that nobody asks any more waits there, too. */
  long queued() {
    return Math.max(0, getQueuedTaskCount() + getQueuedSubmissionCount() - probesQueued.get());
  }

  LatencyHistogram latencies() {
    return latencies.histogram();
  }

  /** Runs one continuation that came from outside the carriers, if there is one. Called by a carrier. */
  void runOneFromOutside() {
    ForkJoinTask<?> task = pollSubmission();
    if (task instanceof PoolThread thread) {
      thread.exec(); // it is never done: to invoke it would be to wait for that
    } else if (task != null) {
      task.quietlyInvoke();
    }
  }

  /** Ends the carriers; returns whether all have ended within the limit. */
  boolean end(Duration limit) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + limit.toNanos();
    shutdown();
    if (!awaitTermination(limit.toNanos(), TimeUnit.NANOSECONDS)) {
      return false;
    }
    return roll.awaitGone(deadlineNanos);
  }

  String label() {
    return label;
  }

  CarrierRoll roll() {
    return roll;
  }

  /** Runs a continuation from its mounting to its yielding. Called by a carrier. */
  static void mount(Runnable continuation) {
    ForkJoinCarrier thread = (ForkJoinCarrier) Thread.currentThread();
    Carrier carrier = thread.carrier();
    long run = carrier.begin(continuation);
    if (run % SAMPLE_EVERY == 0) {
      thread.carriers().sampleNext.set(true);
    }
    try {
      continuation.run();
    } catch (Throwable fault) {
      // A fault of the JVM, not of the thread's body: told like any other uncaught one, and the carrier goes on.
      thread.getUncaughtExceptionHandler().uncaughtException(thread, fault);
    } finally {
      carrier.end();
    }
    if (run % LOOK_OUTSIDE_EVERY == 0) {
      thread.carriers().runOneFromOutside();
    }
  }

  /** One run of a continuation whose thread has nothing to be queued by, or whose wait is timed. */
  @SuppressWarnings("serial") // never serialized: a task of this pool does not leave it
  private final class Mount extends ForkJoinTask<@Nullable Void> {
    private final Runnable continuation;
    private final long queuedAtNanos;

    Mount(Runnable continuation, long queuedAtNanos) {
      this.continuation = continuation;
      this.queuedAtNanos = queuedAtNanos;
    }

    @Override
    protected boolean exec() {
      if (queuedAtNanos != NOT_SAMPLED) {
        latencies.add(System.nanoTime() - queuedAtNanos);
      }
      mount(continuation);
      return true;
    }

    @Override
    public @Nullable Void getRawResult() {
      return null;
    }

    @Override
    protected void setRawResult(@Nullable Void value) {}
  }

  /** Does nothing; while it has to wait, what was queued before it waits as well. */
  @SuppressWarnings("serial") // as above
  final class Probe extends ForkJoinTask<@Nullable Void> {
    private final long sentAtNanos;

    /** Written by the carrier that runs it, before it is done. */
    private long ranAtNanos;

    Probe(long sentAtNanos) {
      this.sentAtNanos = sentAtNanos;
    }

    long waitedNanos(long nowNanos) {
      return (isDone() ? ranAtNanos : nowNanos) - sentAtNanos;
    }

    @Override
    protected boolean exec() {
      probesQueued.decrementAndGet();
      ranAtNanos = System.nanoTime();
      return true;
    }

    @Override
    public @Nullable Void getRawResult() {
      return null;
    }

    @Override
    protected void setRawResult(@Nullable Void value) {}
  }
}
