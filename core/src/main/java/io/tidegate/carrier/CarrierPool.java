// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.time.Duration;
import java.util.concurrent.ThreadFactory;

/**
 * Supplies threads, and their clock, for one class of work.
 *
 * <p>A named pool is a scheduler of its own for virtual threads: its carriers are OS threads of its own that show under
 * its name, say, in {@code top -H}, and work of another pool that uses up its carriers takes none of these. That takes
 * a flag of the {@code java} command, see {@link #isolation}; without it all works the same on the JDK's scheduler.
 *
 * <p>The system property {@code io.tidegate.carriers}, read whenever a pool is made, decides: {@code auto} (the
 * default) takes dedicated carriers where it can, {@code dedicated} makes {@link #named(String) named} fail where it
 * cannot, {@code shared} never takes them. Where it is not set, the pool's {@link Builder#carriers builder} does. In
 * {@code auto} the first pool that gets none logs one line, at INFO, with the flag.
 *
 * <p><b>Starvation:</b> where something that is ready to run has waited for an OS thread for longer than the pool's
 * limit, one WARN says so, with what each OS thread of the pool runs and its stack; another line at INFO tells the end
 * of it. {@link #stats} shows the same. All open pools are looked at by one thread, {@code tidegate-watch}. Pools on
 * the JDK's scheduler are not: whom that runs, and in whose way they are, is not theirs.
 *
 * <p>Work that blocks the OS thread it is on, as file I/O and native calls do, would take a carrier away from the
 * others of its pool: it has its place in a pool of {@link #platform platform threads}, which needs no flag.
 *
 * <p>Whoever makes a pool closes it. {@link #shared} is the JDK's scheduler itself; nobody closes that.
 *
 * {@snippet class="io.tidegate.carrier.CarrierPoolSnippetsTest" region="named"}
 *
 * <p>A mounted virtual thread is never preempted: within one pool, a thread that computes keeps its carrier until it
 * blocks or yields. So does one that the JVM pins: on JDK 21 by a blocking call inside {@code synchronized}.
 *
 * <p>A plain {@link Thread#startVirtualThread} in a pool's thread starts a thread that the pool has not made: it is not
 * counted, {@link #close} does not wait for it, and on current JDKs it runs on the pool's carriers while there are any
 * and on the JDK's later. It goes on either way.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 *
 * <p><b>Memory consistency effects:</b> what a pool's thread did happens-before a return of {@code close}.
 *
 * <p><b>Not promised:</b> the order in which ready threads run, and which carrier runs them.
 */
public interface CarrierPool extends AutoCloseable {
  /** The largest number of carriers of one pool: what still fits into an OS thread's name behind the pool's. */
  int MAX_PARALLELISM = 999;

  /**
   * Makes a pool with as many carriers as the machine has processors for this process, and with two at least.
   *
   * @param name the pool's name, as {@link #named(String, int)} takes it
   * @return a new open pool
   * @throws IllegalArgumentException if the name is unfit
   * @throws IllegalStateException if the setting {@code dedicated} cannot be followed, or the setting is none
   */
  static CarrierPool named(String name) {
    return newPool(name).open();
  }

  /**
   * Makes a pool. Its carriers are started when there is work for them, as daemon threads {@code <name>-<number>}, and
   * end when they have been idle for some time. The first call in a process blocks for as long as it takes to find out
   * what the JVM allows, through interrupts.
   *
   * @param name 1 to 11 characters out of {@code a-z A-Z 0-9 . _ -}: of a longer one the OS would not show the number.
   *     Two pools may have the same name
   * @param parallelism the number of carriers, 1 to {@value #MAX_PARALLELISM}; without meaning where the pool runs on
   *     the JDK's scheduler
   * @return a new open pool
   * @throws IllegalArgumentException if the name is unfit, or the parallelism out of range
   * @throws IllegalStateException if the setting {@code dedicated} cannot be followed (the message holds the flag that
   *     is missing), or the setting is none
   */
  static CarrierPool named(String name, int parallelism) {
    return newPool(name).parallelism(parallelism).open();
  }

  /**
   * Makes a pool of platform threads, for work that blocks the OS thread it is on: file I/O, native calls. Of the
   * bodies that are started, so many run at a time; the others wait for their turn, in the order of their starts. The
   * threads are started when there is work for them, as daemons {@code <name>-<number>}, and end when they have been
   * idle for some time.
   *
   * <p>No body finds anything of one that ran before it: no thread-local, log context, interrupt status, priority or
   * context class loader. Where the JVM does not let a thread forget its thread-locals, each body gets a new thread;
   * {@link #isolation} says whether that is so, and the flag that changes it.
   *
   * @param name the pool's name, as {@link #named(String, int)} takes it
   * @param maxThreads the largest number of threads, 1 to {@value #MAX_PARALLELISM}
   * @return a new open pool
   * @throws IllegalArgumentException if the name is unfit, or the number out of range
   */
  static CarrierPool platform(String name, int maxThreads) {
    return newPool(name).platformThreads().parallelism(maxThreads).open();
  }

  /**
   * {@return a builder of a pool, for all that {@link #named(String, int) named} and {@link #platform platform} leave
   * out}
   *
   * @param name the pool's name, as {@link #named(String, int)} takes it
   * @throws IllegalArgumentException if the name is unfit
   */
  static Builder newPool(String name) {
    return new PoolBuilder(name);
  }

  /** {@return the JDK's scheduler as a pool: always open, never closed} */
  static CarrierPool shared() {
    return SharedPool.INSTANCE;
  }

  /**
   * {@return the pool that the calling thread runs for; {@link #shared()} on every thread that no named pool runs, be
   * it virtual or platform}
   *
   * <p>A virtual thread that another one has started without its pool may run on that one's carriers, and then gets that
   * pool, as long as it is open.
   */
  static CarrierPool current() {
    return PoolThreads.poolOfThisThread();
  }

  /** {@return the pool's name, with which the names of its carriers start} */
  String name();

  /**
   * {@return whether the pool's threads are virtual: then each start has a thread at once, and however many of them
   * block, the next one runs. In a pool of {@link #platform platform threads} it may wait for its turn}
   */
  default boolean isVirtual() {
    return true;
  }

  /**
   * Runs a body on a thread of this pool: a new virtual one, or one of its platform threads when it is its turn. It
   * counts as live from now on until it has ended: {@link #close} waits for it. An exception that ends it goes to that
   * thread's {@link Thread.UncaughtExceptionHandler}, whose run belongs to it.
   *
   * <p>This default takes a thread of the {@link #factory}, names and starts it.
   *
   * @param threadName what the body is called: the name of its thread if that is virtual. A platform thread keeps the
   *     name that the pool gave it
   * @param body what to run
   * @throws java.util.concurrent.RejectedExecutionException if closing has begun; the body will not run
   */
  default void start(String threadName, Runnable body) {
    Thread thread = factory().newThread(body);
    thread.setName(threadName);
    thread.start();
  }

  /**
   * {@return this pool as a factory of threads, for those who need a {@link Thread} to join or to interrupt; every call
   * returns the same one}
   *
   * <p>It makes unstarted, unnamed virtual threads. Each counts as live from then on until it has ended, so each must
   * be started: {@link #close} waits for it. That holds also where {@link Thread#start} throws, for want of memory for
   * an OS thread: the pool is not told of a start, and cannot know that none will follow. Whoever must close in such a
   * process uses {@link #start}, which takes the count back. An exception that ends a thread goes to its
   * {@link Thread.UncaughtExceptionHandler}, and the handler's run belongs to the thread. Once closing has begun,
   * {@link ThreadFactory#newThread newThread} throws a {@link java.util.concurrent.RejectedExecutionException}.
   *
   * <p>In a pool of platform threads such a virtual thread stands for its body, which runs on a platform thread when it
   * is its turn: it lives until the body has ended, an interrupt of it interrupts the body, and it ends with what the
   * body throws. It waits on the JDK's scheduler.
   */
  ThreadFactory factory();

  /** {@return the clock by which this pool's threads wait} */
  PoolClock clock();

  /** {@return whether the pool has carriers of its own, and why it is so} */
  Isolation isolation();

  /** {@return the pool's numbers now; also after the close} */
  PoolStats stats();

  /** {@return whether {@link #close} has finished: no thread of the pool runs any more} */
  boolean isClosed();

  /**
   * Refuses new threads, waits until every thread that the pool made has ended, and then ends the carriers.
   *
   * <p>The wait lasts as long as these threads do, none is interrupted or asked to end, and an interrupt of the caller
   * does not end it: the status is restored on return. All concurrent callers wait; a later call returns at once.
   * A carrier on which another's thread sits (see above) cannot end: after one second this is logged, and the close is
   * finished all the same.
   *
   * @throws IllegalStateException if the caller is a thread of this pool, which would wait for itself; and always on
   *     {@link #shared}
   */
  @Override
  void close();

  /** Collects what a new pool is like. Not safe for use by several threads at once. */
  interface Builder {
    /**
     * Sets the number of carriers, or of platform threads. By default that of the processors of this process, and two
     * at least.
     *
     * @param number 1 to {@value CarrierPool#MAX_PARALLELISM}
     * @return this
     * @throws IllegalArgumentException if the number is out of range
     */
    Builder parallelism(int number);

    /**
     * Sets whose carriers run the virtual threads. The system property {@code io.tidegate.carriers}, where it is set,
     * overrides it; by default {@link CarrierSetting#AUTO}.
     *
     * @param setting whose
     * @return this
     */
    Builder carriers(CarrierSetting setting);

    /**
     * Makes it a pool of {@link CarrierPool#platform platform threads}, as many as its parallelism.
     *
     * @return this
     */
    Builder platformThreads();

    /**
     * Sets how long something may be ready and wait for an OS thread before that is reported; by default a second. It
     * is noticed up to half of the limit later.
     *
     * @param limit above zero, at most a year
     * @return this
     * @throws IllegalArgumentException if the limit is out of range
     */
    Builder starvationLimit(Duration limit);

    /**
     * {@return a new open pool}
     *
     * @throws IllegalStateException if {@link CarrierSetting#DEDICATED} cannot be followed (the message holds the flag
     *     that is missing), or the system property is none of its values
     */
    CarrierPool open();
  }
}
