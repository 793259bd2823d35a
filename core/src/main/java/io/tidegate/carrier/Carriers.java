// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.time.Duration;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.concurrent.TimeUnit;
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

  private final String label;
  private final CarrierRoll roll = new CarrierRoll();

  Carriers(String label, int parallelism) {
    super(parallelism, ForkJoinCarrier::new, null, true, parallelism, parallelism, 1, pool -> true, KEEP_ALIVE_SECONDS,
        TimeUnit.SECONDS);
    this.label = label;
  }

  /** Queues a continuation; never throws and never blocks; false if that may have failed. */
  boolean take(Runnable continuation) {
    try {
      execute(new Mount(continuation));
      return true;
    } catch (Throwable noThreadOrMemory) {
      // Not lost: the caller hands the continuation on. To report it here could block, and ends by throwing again.
      return false;
    }
  }

  /** Runs one continuation that came from outside the carriers, if there is one. Called by a carrier. */
  void runOneFromOutside() {
    ForkJoinTask<?> task = pollSubmission();
    if (task != null) {
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

  /** One run of a continuation, from its mounting to its yielding. */
  @SuppressWarnings("serial") // never serialized: a task of this pool does not leave it
  private static final class Mount extends ForkJoinTask<@Nullable Void> {
    /** After so many runs a carrier looks outside its own queue, which a thread that only yields keeps full. */
    private static final int LOOK_OUTSIDE_EVERY = 64;

    private final Runnable continuation;

    Mount(Runnable continuation) {
      this.continuation = continuation;
    }

    @Override
    protected boolean exec() {
      ForkJoinCarrier thread = (ForkJoinCarrier) Thread.currentThread();
      Carrier carrier = thread.carrier();
      long run = carrier.begin(continuation);
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
