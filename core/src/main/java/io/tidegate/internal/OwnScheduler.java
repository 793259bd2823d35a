// SPDX-License-Identifier: Apache-2.0
package io.tidegate.internal;

import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A scheduler that one virtual thread has for itself, and so a place where something can be kept for that thread: found
 * through the thread, without a map. Threads that it starts inherit the scheduler, but are not the one that it is for.
 */
public interface OwnScheduler extends Executor {
  /** {@return that of the calling thread, null if it has none of its own or the JVM does not tell} */
  static @Nullable OwnScheduler ofThisThread() {
    Thread thread = Thread.currentThread();
    return thread.isVirtual() && JvmThreads.schedulerOf(thread) instanceof OwnScheduler own && own.isFor(thread)
        ? own
        : null;
  }

  /**
   * {@return whether a thread is the one that it is for}
   *
   * @param thread the thread
   */
  boolean isFor(Thread thread);

  /** {@return what is kept for the calling thread, whose own this is} */
  @Nullable Object value();

  /**
   * Keeps something for the calling thread, whose own this is.
   *
   * @param kept what is kept from now on
   */
  void keep(@Nullable Object kept);
}
