// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.task;

import io.tidegate.CancelledException;
import io.tidegate.ClosedException;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/**
 * How often a sort of work was done, and how long it took.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
public final class WorkCount {
  private final LongAdder done = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder nanos = new LongAdder();

  /** Work that throws. */
  public interface Work<T, X extends Exception> {
    /** {@return the result} */
    T run() throws X, InterruptedException;
  }

  /** Begins at zero. */
  public WorkCount() {}

  /**
   * Does work, and counts it when it has ended. What a cancel or a close cuts off counts as neither done nor failed.
   *
   * @param work what to do
   * @param <T> the type of the result
   * @param <X> what it throws
   * @return the result
   * @throws X as the work does: then it has failed
   * @throws InterruptedException as the work does
   */
  public <T, X extends Exception> T count(Work<T, X> work) throws X, InterruptedException {
    long start = System.nanoTime();
    try {
      T result = work.run();
      done.increment();
      return result;
    } catch (CancelledException | ClosedException | InterruptedException cutOff) {
      throw cutOff;
    } catch (Exception thrown) {
      failed.increment();
      throw thrown;
    } finally {
      nanos.add(System.nanoTime() - start);
    }
  }

  /** {@return how often it was done} */
  public long done() {
    return done.sum();
  }

  /** {@return how often it failed} */
  public long failed() {
    return failed.sum();
  }

  /** {@return how long all of it took, what failed or was cut off included} */
  public Duration time() {
    return Duration.ofNanos(nanos.sum());
  }
}
