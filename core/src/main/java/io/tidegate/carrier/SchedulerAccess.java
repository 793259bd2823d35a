// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;

/** Whether this JVM lets virtual threads run on a scheduler of ours. */
sealed interface SchedulerAccess {
  /** {@return why it is so, in words} */
  String reason();

  /**
   * It does.
   *
   * @param route how a virtual thread gets its scheduler
   * @param jdkScheduler the JDK's own scheduler, which never ends
   * @param reason by which route
   */
  record Open(Route route, Executor jdkScheduler, String reason) implements SchedulerAccess {}

  /**
   * It does not.
   *
   * @param reason what was in the way, and the flag that removes it
   */
  record Refused(String reason) implements SchedulerAccess {}

  /** One way of making virtual threads on a given scheduler. */
  interface Route {
    /**
     * {@return an unstarted virtual thread}
     *
     * @param scheduler runs it
     * @param name its name
     * @param body what it does
     */
    Thread newThread(Executor scheduler, String name, Runnable body);

    /** {@return a factory of unnamed virtual threads that run on one scheduler} */
    default ThreadFactory factoryOn(Executor scheduler) {
      return body -> newThread(scheduler, "", body);
    }
  }
}
