// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import io.tidegate.carrier.Isolation.Mode;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A pool with a name of its own, and with carriers of its own where the JVM allows it. */
final class NamedPool implements CarrierPool {
  /*
   *   from      to        by                    when
   *   OPEN      CLOSING   close                 at once; newThread refuses from here on
   *   CLOSING   CLOSED    the first to close    the last thread has left and the carriers have ended
   *
   * Of all closers the first one does the work; the others wait for 'closed'. See Turnstile for why the last thread is
   * seen, and CarrierScheduler for what becomes of continuations that come later.
   */
  private static final Logger LOG = LoggerFactory.getLogger(NamedPool.class);

  /** Carriers end by themselves unless somebody else's thread sits on one: for that one close need not hang. */
  private static final Duration CARRIER_EXIT_LIMIT = Duration.ofSeconds(1);

  private final String name;
  private final Isolation isolation;
  private final PoolEngine engine;
  private final PoolThreads threads;

  /** Any thread: set by the closer that does the work. */
  private final AtomicBoolean closing = new AtomicBoolean();

  private final CountDownLatch closed = new CountDownLatch(1);

  private NamedPool(String name, Isolation isolation, PoolEngine engine) {
    this.name = name;
    this.isolation = isolation;
    this.engine = engine;
    this.threads = new PoolThreads(this, engine);
  }

  static int defaultParallelism() {
    return Math.max(2, Runtime.getRuntime().availableProcessors());
  }

  static CarrierPool open(String name, int parallelism) {
    check(name, "parallelism", parallelism);
    CarrierSetting setting = CarrierSetting.current();
    if (setting == CarrierSetting.SHARED) {
      return onJdkScheduler(name, "asked for by " + setting);
    }
    return switch (CarrierStart.access()) {
      case SchedulerAccess.Open open -> dedicated(name, parallelism, open);
      case SchedulerAccess.Refused refused -> withoutAccess(name, setting, refused);
    };
  }

  static CarrierPool openPlatform(String name, int maxThreads) {
    check(name, "maxThreads", maxThreads);
    String life = ThreadLocalEraser.isAllowed()
        ? "platform threads"
        : "platform threads, a new one for each start: to let them forget and be used again, start java with "
            + SchedulerProbe.flag();
    return new NamedPool(name, new Isolation(Mode.DEDICATED, life), new PlatformEngine(name, maxThreads));
  }

  private static void check(String name, String what, int number) {
    PoolName.checked(name);
    if (number < 1 || number > MAX_PARALLELISM) {
      throw new IllegalArgumentException(
          "Pool \"%s\": %s must be 1 to %d, not %d".formatted(name, what, MAX_PARALLELISM, number));
    }
  }

  private static CarrierPool withoutAccess(String name, CarrierSetting setting, SchedulerAccess.Refused refused) {
    if (setting == CarrierSetting.DEDICATED) {
      throw new IllegalStateException(
          "Pool \"%s\" cannot have carriers of its own, which %s demands: %s"
              .formatted(name, setting, refused.reason()));
    }
    CarrierStart.tellShared(refused);
    return onJdkScheduler(name, refused.reason());
  }

  private static CarrierPool onJdkScheduler(String name, String reason) {
    return new NamedPool(name, new Isolation(Mode.SHARED, reason), new JdkEngine());
  }

  private static CarrierPool dedicated(String name, int parallelism, SchedulerAccess.Open open) {
    CarrierScheduler scheduler = new CarrierScheduler(name, parallelism, open.jdkScheduler());
    try {
      ThreadFactory jvm = open.route().factoryOn(scheduler);
      return new NamedPool(name, new Isolation(Mode.DEDICATED, open.reason()), new CarrierEngine(scheduler, jvm));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("The JVM gave a scheduler of its own to the probe and not to pool " + name, e);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean isVirtual() {
    return engine.isVirtual();
  }

  @Override
  public void start(String threadName, Runnable body) {
    threads.start(threadName, body);
  }

  @Override
  public ThreadFactory factory() {
    return threads;
  }

  @Override
  public PoolClock clock() {
    return SystemClock.INSTANCE;
  }

  @Override
  public Isolation isolation() {
    return isolation;
  }

  @Override
  public PoolStats stats() {
    return threads.stats();
  }

  @Override
  public boolean isClosed() {
    return closed.getCount() == 0;
  }

  @Override
  public void close() {
    if (PoolThreads.poolOfThisThread() == this) {
      throw new IllegalStateException(
          "A thread of carrier pool \"" + name + "\" cannot close it: close waits for that thread");
    }
    if (closing.compareAndSet(false, true)) {
      threads.refuseNew();
      Uninterrupted.run(threads::awaitNone);
      endCarriers();
      closed.countDown();
    } else {
      // Woken by the closer above, which ends when the threads have, or with its limit.
      Uninterrupted.run(closed::await);
    }
  }

  private void endCarriers() {
    boolean ended = Uninterrupted.call(() -> engine.end(CARRIER_EXIT_LIMIT));
    if (!ended) {
      LOG.warn(
          "Carrier pool \"{}\" is closed, but not all of its carriers have ended after {}: on some sits a thread that"
              + " the pool did not make (started from one of its threads), and does not let go",
          name, CARRIER_EXIT_LIMIT);
    }
  }

  private String state() {
    if (isClosed()) {
      return "CLOSED";
    }
    return threads.isRefusing() ? "CLOSING" : "OPEN";
  }

  @Override
  public String toString() {
    return PoolText.of(this, state());
  }
}
