// SPDX-License-Identifier: Apache-2.0
package io.tidegate.internal;

import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A scheduler that one virtual thread has for itself, and so a place where something can be kept for that thread: found
 * through the thread, without a map. Threads that it starts inherit the scheduler, but are not the one that it is for.
 */
public abstract class OwnScheduler implements Executor {
  /** Written before that thread starts, and by it at its end. */
  private @Nullable Thread thread;

  /** That thread only. */
  private @Nullable Object value;

  /** Makes one that is for no thread yet. */
  protected OwnScheduler() {}

  /** {@return that of the calling thread, null if it has none of its own or the JVM does not tell} */
  public static @Nullable OwnScheduler ofThisThread() {
    Thread thread = Thread.currentThread();
    return thread.isVirtual()
            && JvmThreads.schedulerOf(thread) instanceof OwnScheduler own
            && own.thread == thread
        ? own
        : null;
  }

  /**
   * Says which thread it is for, before that starts.
   *
   * @param own the thread
   */
  protected final void isFor(Thread own) {
    thread = own;
  }

  /** Lets go of the thread, which ends: others that it has started may keep this for long. */
  protected final void isForNobody() {
    thread = null;
    value = null;
  }

  /** {@return what is kept for the calling thread, whose own this is} */
  public final @Nullable Object value() {
    return value;
  }

  /**
   * Keeps something for the calling thread, whose own this is.
   *
   * @param kept what is kept from now on
   */
  public final void keep(@Nullable Object kept) {
    value = kept;
  }
}
