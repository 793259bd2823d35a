// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import io.tidegate.internal.JvmThreads;
import io.tidegate.internal.OwnScheduler;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/** The factory of one pool's threads, and the count of those that have not ended. Safe for use by any thread. */
final class PoolThreads implements ThreadFactory {
  /** Whose thread this is, where its scheduler does not tell; never set on a thread that no named pool made. */
  private static final ThreadLocal<CarrierPool> MARK = new ThreadLocal<>();

  /** Entered by whoever makes or starts a thread, left by that thread as the last of what it does. */
  private final Turnstile turnstile = new Turnstile();

  private final CarrierPool pool;
  private final PoolEngine engine;
  /** Null where the threads have another one. */
  private final @Nullable CarrierScheduler scheduler;
  private final boolean marks;

  PoolThreads(CarrierPool pool, PoolEngine engine) {
    this.pool = pool;
    this.engine = engine;
    this.scheduler = engine.scheduler();
    boolean areTold = scheduler != null && JvmThreads.knowSchedulers();
    this.marks = !areTold && !(pool instanceof SharedPool);
  }

  /** Returns the pool that the calling thread runs for. */
  static CarrierPool poolOfThisThread() {
    Thread thread = Thread.currentThread();
    if (thread.isVirtual() && JvmThreads.schedulerOf(thread) instanceof PoolThread own) {
      CarrierPool pool = own.threads().pool;
      if (!pool.isClosed()) {
        return pool;
      }
    }
    CarrierPool marked = MARK.get();
    return marked == null ? SharedPool.INSTANCE : marked;
  }

  boolean isOf(CarrierPool other) {
    return pool == other;
  }

  /** Returns whether the calling thread is one that {@link #awaitNone} would wait for. */
  boolean isOneOfThese() {
    return marks ? MARK.get() == pool : OwnScheduler.ofThisThread() instanceof PoolThread own && own.threads() == this;
  }

  /** Starts a body, in a simulation on a thread of its. */
  void start(String name, Runnable body) {
    here().startHere(name, body);
  }

  private void startHere(String name, Runnable body) {
    Objects.requireNonNull(name);
    Objects.requireNonNull(body);
    enter();
    boolean started = false;
    try {
      engine.start(name, counted(body));
      started = true;
    } finally {
      if (!started) {
        turnstile.leave();
      }
    }
  }

  @Override
  public Thread newThread(Runnable body) {
    return here().newThreadHere(body);
  }

  private Thread newThreadHere(Runnable body) {
    Objects.requireNonNull(body);
    enter();
    Thread thread = null;
    try {
      Runnable virtual = engine.isVirtual() ? body : new StandIn(this, body);
      thread = engine.newThread("", counted(virtual));
      return thread;
    } finally {
      if (thread == null) {
        turnstile.leave();
      }
    }
  }

  private PoolThread counted(Runnable body) {
    return new PoolThread(this, body);
  }

  CarrierScheduler scheduler() {
    return Objects.requireNonNull(scheduler);
  }

  /** Returns these threads; in a simulation those in their place. */
  PoolThreads here() {
    Simulator simulator = Simulator.current();
    return simulator == null ? this : simulator.inPlaceOf(this);
  }

  /** Returns what stands in a simulation for these. */
  PoolThreads simulatedBy(Simulator simulator) {
    return new PoolThreads(
        pool,
        engine.isVirtual()
            ? SimulatedEngine.ofVirtualThreads(simulator)
            : SimulatedEngine.ofPlatformThreads(simulator, engine.width()));
  }

  boolean isSimulatedBy(Simulator simulator) {
    return engine instanceof SimulatedEngine simulated && simulated.isOf(simulator);
  }

  /** Starts what a thread that is counted already waits for. */
  void startUncounted(String name, Runnable body) {
    engine.start(name, () -> {
      mark();
      body.run();
    });
  }

  void refuseNew() {
    turnstile.shut();
  }

  void awaitNone() throws InterruptedException {
    turnstile.awaitEmpty();
  }

  boolean isRefusing() {
    return turnstile.isShut();
  }

  PoolStats stats() {
    long completed = turnstile.departed();
    return engine.stats(turnstile.admitted(), completed);
  }

  private void enter() {
    if (!turnstile.enter()) {
      throw new RejectedExecutionException("Carrier pool \"" + pool.name() + "\" is closed or closing");
    }
  }

  private void mark() {
    if (marks) {
      MARK.set(pool);
    }
  }

  /** Runs what a thread that is counted was made for. Called by that thread. */
  void run(Runnable body) {
    mark();
    try {
      body.run();
    } catch (Throwable uncaught) {
      tell(uncaught);
    } finally {
      turnstile.leave();
    }
  }

  /** Does what the JVM would do, but while the thread still counts: a handler is code of the thread, too. */
  @SuppressWarnings("EmptyCatch") // the JVM ignores it as well
  private static void tell(Throwable uncaught) {
    Thread thread = Thread.currentThread();
    try {
      thread.getUncaughtExceptionHandler().uncaughtException(thread, uncaught);
    } catch (Throwable handlersOwn) {
      // As specified by Thread.UncaughtExceptionHandler.
    }
  }
}
