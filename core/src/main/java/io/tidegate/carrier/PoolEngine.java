// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.time.Duration;

/** What runs a pool's threads. Safe for use by any thread. */
sealed interface PoolEngine permits JdkEngine, CarrierEngine, PlatformEngine {
  /** Has some work done on a thread of its own, at once or when it is its turn; never waits for that. */
  void start(String name, Runnable work);

  /** Returns an unstarted virtual thread that does some work; on the JDK's scheduler if the engine runs none. */
  Thread newThread(Runnable work);

  /** Returns whether its threads are virtual. */
  boolean isVirtual();

  /** Returns its numbers, with those of the threads that the pool has counted. */
  PoolStats stats(long started, long completed);

  /**
   * Ends its OS threads after they have run what they were given, waiting no longer than a limit for them. Called once,
   * when no thread of the pool runs any more.
   *
   * @return whether all have ended
   */
  boolean end(Duration limit) throws InterruptedException;
}
