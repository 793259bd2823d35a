// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is done once per process, before its first named pool: look at the JVM, and make it safe to have pools in. */
final class CarrierStart {
  private static final Logger LOG = LoggerFactory.getLogger(CarrierStart.class);

  /** Any thread; set once, by the first that needs it. The answer is a property of the JVM, so there is one. */
  private static final AtomicReference<@Nullable FutureTask<SchedulerAccess>> ACCESS = new AtomicReference<>();

  /** Any thread; set at most once, before the first thread with a scheduler of ours. */
  private static volatile BiFunction<String, Runnable, Thread> onJdkScheduler =
      (name, body) -> Thread.ofVirtual().name(name).unstarted(body);

  private static final AtomicBoolean TOLD = new AtomicBoolean();

  private CarrierStart() {}

  /** Returns what this JVM allows; the first call blocks until a platform thread has found out. */
  static SchedulerAccess access() {
    FutureTask<SchedulerAccess> task = new FutureTask<>(CarrierStart::look);
    if (ACCESS.compareAndSet(null, task)) {
      Thread.ofPlatform().daemon().name("tidegate-start").start(task);
    }
    FutureTask<SchedulerAccess> first = ACCESS.get();
    return Uninterrupted.call(() -> resultOf(first == null ? task : first));
  }

  /** Logs, once per process, that named pools have no carriers of their own, and why. */
  static void tellShared(SchedulerAccess access) {
    if (TOLD.compareAndSet(false, true)) {
      LOG.info("Carrier pools run on the JDK's scheduler: {}", access.reason());
    }
  }

  private static SchedulerAccess resultOf(FutureTask<SchedulerAccess> task) throws InterruptedException {
    try {
      return task.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("Cannot find out what this JVM allows", e.getCause());
    }
  }

  /**
   * Returns a virtual thread on the JDK's scheduler, whoever asks for it: a plain {@link Thread#ofVirtual} takes that
   * of the thread it is asked by.
   */
  static Thread newJdkThread(String name, Runnable body) {
    return onJdkScheduler.apply(name, body);
  }

  private static SchedulerAccess look() {
    SchedulerAccess access = SchedulerProbe.run();
    if (access instanceof SchedulerAccess.Open open) {
      startNetworkPollers();
      onJdkScheduler = (name, body) -> open.route().newThread(open.jdkScheduler(), name, body);
    }
    return access;
  }

  /**
   * Lets the JDK start its network pollers here and now. From 22 on they are virtual threads on the scheduler of
   * whoever first touches a socket: were that a thread of a pool, the end of the pool would be that of all network I/O.
   */
  private static void startNetworkPollers() {
    try {
      Class.forName("sun.nio.ch.Poller", true, null);
    } catch (ClassNotFoundException | LinkageError e) {
      LOG.warn("Network pollers cannot be started ahead of the first carrier pool", e);
    }
  }
}
