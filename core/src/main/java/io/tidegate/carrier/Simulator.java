// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MutableCallSite;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What runs the threads of all pools, and keeps their clock, in one run of a simulation. For the test kit: users have
 * {@code io.tidegate.testing.Simulation}.
 *
 * <p>A thread belongs to a run if the run made it, or if it is a virtual thread that one of those started. Whatever pool
 * such a thread starts others in, they belong to the run as well: code with pools of its own runs unchanged.
 *
 * <p><b>Cost outside of simulations:</b> until the first run of a process is prepared, {@link #current} and {@link #step}
 * are a test of a constant, which the compiler removes.
 *
 * <p><b>Threads:</b> the static methods are for any thread. What a simulator does for its threads is asked for by these
 * threads, of which one runs at a time.
 */
public abstract class Simulator {
  private static final MutableCallSite PREPARED = new MutableCallSite(MethodHandles.constant(boolean.class, false));

  /** Answers whether there was a simulation in this process: a constant to the compiler, which changes once. */
  private static final MethodHandle IS_PREPARED = PREPARED.dynamicInvoker();

  /** Inherited, so that a thread that is started past all pools belongs to the run too. */
  private static final InheritableThreadLocal<@Nullable Simulator> OF_THREAD = new InheritableThreadLocal<>();

  /** What stands in place of the threads of each pool. */
  private final Map<PoolThreads, PoolThreads> inPlace = new HashMap<>();

  private final SchedulerAccess.Open access;

  /**
   * Prepares a run.
   *
   * @throws IllegalStateException if the JVM does not let virtual threads run on a scheduler of ours; the message holds
   *     the flag that is missing
   */
  protected Simulator() {
    access = switch (CarrierStart.access()) {
      case SchedulerAccess.Open open -> open;
      case SchedulerAccess.Refused refused ->
        throw new IllegalStateException("A simulation needs a scheduler of its own: " + refused.reason());
    };
    if (!isPrepared()) {
      PREPARED.setTarget(MethodHandles.constant(boolean.class, true));
      MutableCallSite.syncAll(new MutableCallSite[] {PREPARED});
    }
  }

  private static boolean isPrepared() {
    try {
      return (boolean) IS_PREPARED.invokeExact();
    } catch (Throwable thrown) {
      throw new AssertionError("a constant was not to be had", thrown);
    }
  }

  /** {@return the run that the calling thread belongs to; null outside of simulations} */
  public static @Nullable Simulator current() {
    return isPrepared() ? ofThisThread() : null;
  }

  /** A platform thread that a simulated one has started is not simulated, though it inherits. */
  private static @Nullable Simulator ofThisThread() {
    return Thread.currentThread().isVirtual() ? OF_THREAD.get() : null;
  }

  /**
   * In a simulation, a place where another thread may get its turn; elsewhere nothing. To be called under no monitor, for
   * a thread that is not on its carrier would keep it.
   *
   * @param where what the thread has done or is about to do, for traces; a constant
   */
  public static void step(String where) {
    if (isPrepared()) {
      Simulator simulator = ofThisThread();
      if (simulator != null) {
        simulator.pass(where);
      }
    }
  }

  /**
   * In a simulation, tells what the calling thread does from now on, for traces; elsewhere nothing.
   *
   * @param name the name of what it does
   */
  public static void begin(String name) {
    Simulator simulator = current();
    if (simulator != null) {
      simulator.named(name);
      simulator.pass("begins");
    }
  }

  /**
   * In a simulation, fails the run if this is an {@link AssertionError}; elsewhere nothing.
   *
   * @param error what has ended the work of the calling thread
   */
  public static void tellError(Error error) {
    Simulator simulator = current();
    if (simulator != null && error instanceof AssertionError) {
      simulator.uncaught(error);
    }
  }

  /** {@return a source of chance for the calling thread: in a simulation the run's, which its seed determines} */
  public static RandomGenerator random() {
    Simulator simulator = current();
    return simulator == null ? ThreadLocalRandom.current() : simulator.chance();
  }

  /** {@return the clock of the calling thread's run; outside of simulations the machine's} */
  static PoolClock clockOfThisThread() {
    Simulator simulator = current();
    return simulator == null ? SystemClock.INSTANCE : simulator.clock();
  }

  /** {@return what stands in this run for the threads of a pool: themselves, if the pool is of this run} */
  final PoolThreads inPlaceOf(PoolThreads threads) {
    return threads.isSimulatedBy(this) ? threads : inPlace.computeIfAbsent(threads, pool -> pool.simulatedBy(this));
  }

  /** {@return an unstarted thread of this run, with a name} */
  final Thread newThread(String name, Runnable work) {
    return simulated(name, () -> {
      OF_THREAD.set(this);
      work.run();
    });
  }

  /**
   * {@return a factory of virtual threads whose continuations a scheduler gets}
   *
   * @param scheduler runs them, one at a time, on one platform thread
   */
  protected final ThreadFactory threadsOn(Executor scheduler) {
    return access.route().factoryOn(scheduler);
  }

  /**
   * Starts a thread of this run that no pool has made.
   *
   * @param name its name
   * @param work what it does
   */
  protected final void start(String name, Runnable work) {
    newThread(name, work).start();
  }

  /**
   * {@return the thread that a continuation belongs to, if it is to be seen}
   *
   * @param continuation what the scheduler was given
   */
  protected static Optional<Thread> threadOf(Runnable continuation) {
    return MountedThread.of(continuation);
  }

  /**
   * Hands a continuation to the JDK's scheduler: of a thread that is woken after the end of its run.
   *
   * @param continuation what the scheduler was given
   */
  protected final void letGo(Runnable continuation) {
    access.jdkScheduler().execute(continuation);
  }

  /**
   * {@return an unstarted thread on the scheduler of this run}
   *
   * @param name its name; empty if it has none
   * @param work what it does
   */
  protected abstract Thread simulated(String name, Runnable work);

  /** {@return the clock by which all threads of this run wait} */
  protected abstract PoolClock clock();

  /** {@return the source of chance for what runs in this run} */
  protected abstract RandomGenerator chance();

  /**
   * Lets another thread of this run have its turn, or not.
   *
   * @param where what the calling thread has done or is about to do
   */
  protected abstract void pass(String where);

  /** {@return the next number of this run: what is counted in the process elsewhere, and must not differ between runs} */
  public abstract long nextNumber();

  /**
   * Tells the name of what the calling thread does, for traces.
   *
   * @param name the name
   */
  protected abstract void named(String name);

  /**
   * Tells of an error that ends the work of the calling thread, and that nobody may ask for.
   *
   * @param error the error
   */
  protected abstract void uncaught(Throwable error);

  /** {@return whether the run is being given up: its threads are made to end, and what they tell is of no use} */
  public abstract boolean isGivenUp();
}
