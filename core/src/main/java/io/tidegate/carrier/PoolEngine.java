// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What runs a pool's threads. Safe for use by any thread.
 *
 * <p>The defaults are those of an engine that has no OS threads of its own, and knows nothing of those that it uses.
 */
sealed interface PoolEngine permits JdkEngine, CarrierEngine, PlatformEngine, SimulatedEngine {
  /** Has some work done on a thread of its own, at once or when it is its turn; never waits for that. */
  default void start(String name, Runnable work) {
    newThread(name, work).start();
  }

  /** Returns an unstarted virtual thread that does some work; on the JDK's scheduler if the engine runs none. */
  Thread newThread(String name, Runnable work);

  /** Returns whether its threads are virtual. */
  default boolean isVirtual() {
    return true;
  }

  /** Returns the carriers' scheduler, which its threads can be told by; null where there is none. */
  default @Nullable CarrierScheduler scheduler() {
    return null;
  }

  /** Returns how many of its threads there are at most, where that is limited. */
  default int width() {
    return Integer.MAX_VALUE;
  }

  /** Returns its numbers, with those of the threads that the pool has counted. */
  PoolStats stats(long started, long completed);

  /** Returns how many wait for an OS thread; 0 where that cannot be known. */
  default long queued() {
    return 0;
  }

  /**
   * Returns how long, at least, something that is ready has waited for an OS thread, as far as is seen at a time.
   * Called by one thread at a time.
   */
  default long waitedNanos(long nowNanos) {
    return 0;
  }

  /** Returns what its OS threads run now. */
  default List<Occupant> occupants() {
    return List.of();
  }

  /**
   * Ends its OS threads after they have run what they were given, waiting no longer than a limit for them. Called once,
   * when no thread of the pool runs any more.
   *
   * @return whether all have ended
   */
  default boolean end(Duration limit) throws InterruptedException {
    return true;
  }
}
