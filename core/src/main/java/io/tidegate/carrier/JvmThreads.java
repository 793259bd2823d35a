// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What the JVM knows of the calling thread and has no public method for: the OS thread that it is on, and the scheduler
 * that runs it. Where {@code java.lang} is not open to us, or has become another one, neither is known.
 */
final class JvmThreads {
  private static final @Nullable MethodHandle CURRENT_CARRIER = findCurrentCarrier();
  private static final @Nullable MethodHandle SCHEDULER = findScheduler();

  private JvmThreads() {}

  /** Returns the OS thread that the calling thread is on, or the calling thread itself where that is not known. */
  static Thread currentCarrier() {
    try {
      return CURRENT_CARRIER == null ? Thread.currentThread() : (Thread) CURRENT_CARRIER.invokeExact();
    } catch (Throwable impossible) {
      throw new LinkageError("The JVM no longer tells on which thread this one is", impossible);
    }
  }

  /** Returns whether {@link #schedulerOf} tells anything. */
  static boolean knowSchedulers() {
    return SCHEDULER != null;
  }

  /** Returns what runs a virtual thread, or null where that is not known. */
  static @Nullable Executor schedulerOf(Thread virtual) {
    try {
      return SCHEDULER == null ? null : (Executor) SCHEDULER.invokeExact(virtual);
    } catch (Throwable impossible) {
      throw new LinkageError("The JVM no longer tells what runs a virtual thread", impossible);
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
