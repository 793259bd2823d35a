// SPDX-License-Identifier: Apache-2.0
package io.tidegate.internal;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What the JVM knows of the calling thread and has no public method for: the OS thread that it is on, and the scheduler
 * that runs it; and how to make one for a scheduler. Where {@code java.lang} is not open to us, or has become another one, neither is known.
 */
public final class JvmThreads {
  private static final @Nullable MethodHandle CURRENT_CARRIER = findCurrentCarrier();
  private static final @Nullable MethodHandle SCHEDULER = findScheduler();
  private static final @Nullable MethodHandle NEW_THREAD = findNewThread();

  /** 2^64 by the golden ratio: spreads the numbers of threads over the upper bits. */
  private static final long SPREAD = 0x9E3779B97F4A7C15L;

  private JvmThreads() {}

  /** {@return the OS thread that the calling thread is on, or the calling thread itself where that is not known} */
  public static Thread currentCarrier() {
    try {
      return CURRENT_CARRIER == null ? Thread.currentThread() : (Thread) CURRENT_CARRIER.invokeExact();
    } catch (Throwable impossible) {
      throw new LinkageError("The JVM no longer tells on which thread this one is", impossible);
    }
  }

  /**
   * {@return one of 2<sup>n</sup> numbers from 0, that of the OS thread that the calling thread is on} Different ones have
   * different numbers as far as these reach.
   *
   * @param log2 n
   */
  public static int stripe(int log2) {
    return (int) ((currentCarrier().threadId() * SPREAD) >>> (Long.SIZE - log2));
  }

  /** {@return whether {@link #schedulerOf} tells anything} */
  public static boolean knowSchedulers() {
    return SCHEDULER != null;
  }

  /**
   * {@return what runs a virtual thread, or null where that is not known}
   *
   * @param virtual the thread
   */
  public static @Nullable Executor schedulerOf(Thread virtual) {
    try {
      return SCHEDULER == null ? null : (Executor) SCHEDULER.invokeExact(virtual);
    } catch (Throwable impossible) {
      throw new LinkageError("The JVM no longer tells what runs a virtual thread", impossible);
    }
  }

  /**
   * {@return an unstarted virtual thread}
   *
   * @param scheduler runs it
   * @param name its name
   * @param body what it does
   * @throws IllegalStateException where the JVM has no such way to make one
   */
  public static Thread newVirtualThread(Executor scheduler, String name, Runnable body) {
    if (NEW_THREAD == null) {
      throw new IllegalStateException("This JVM does not make virtual threads on a scheduler that is given");
    }
    try {
      return (Thread) NEW_THREAD.invokeExact(scheduler, name, 0, body);
    } catch (RuntimeException | Error notMade) {
      throw notMade; // no memory, as it may be
    } catch (Throwable impossible) {
      throw new LinkageError("The JVM made virtual threads before and now does not", impossible);
    }
  }

  private static @Nullable MethodHandle findNewThread() {
    try {
      Class<?> builders = Class.forName("java.lang.ThreadBuilders");
      return MethodHandles.privateLookupIn(builders, MethodHandles.lookup())
          .findStatic(builders, "newVirtualThread",
              MethodType.methodType(Thread.class, Executor.class, String.class, int.class, Runnable.class));
    } catch (ReflectiveOperationException notOpen) {
      return null;
    }
  }

  private static @Nullable MethodHandle findCurrentCarrier() {
    try {
      return MethodHandles.privateLookupIn(Thread.class, MethodHandles.lookup())
          .findStatic(Thread.class, "currentCarrierThread", MethodType.methodType(Thread.class));
    } catch (ReflectiveOperationException notOpen) {
      return null;
    }
  }

  private static @Nullable MethodHandle findScheduler() {
    try {
      Class<?> virtualThread = Class.forName("java.lang.VirtualThread");
      return MethodHandles.privateLookupIn(virtualThread, MethodHandles.lookup())
          .findGetter(virtualThread, "scheduler", Executor.class)
          .asType(MethodType.methodType(Executor.class, Thread.class));
    } catch (ReflectiveOperationException notOpen) {
      return null;
    }
  }
}
