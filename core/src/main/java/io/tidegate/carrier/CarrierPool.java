// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

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
 * cannot, {@code shared} never takes them. In {@code auto} the first pool that gets none logs one line, at INFO, with
 * the flag.
 *
 * <p>Whoever makes a named pool closes it. {@link #shared} is the JDK's scheduler itself; nobody closes that.
 *
 * {@snippet class="io.tidegate.carrier.CarrierPoolSnippetsTest" region="named"}
 *
 * <p>A mounted virtual thread is never preempted: within one pool, a thread that computes keeps its carrier until it
 * blocks or yields. So does one that the JVM pins: on JDK 21 by a blocking call inside {@code synchronized}. Reading a
 * file occupies the carrier as well.
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
    return NamedPool.open(name, NamedPool.defaultParallelism());
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
    return NamedPool.open(name, parallelism);
  }

  /** {@return the JDK's scheduler as a pool: always open, never closed} */
  static CarrierPool shared() {
    return SharedPool.INSTANCE;
  }

  /**
   * {@return the pool whose factory made the calling thread; {@link #shared()} on every other thread, be it virtual or
   * platform}
   */
  static CarrierPool current() {
    return PoolThreads.poolOfThisThread();
  }

  /** {@return the pool's name, with which the names of its carriers start} */
  String name();

  /**
   * {@return the factory of this pool's threads; every call returns the same one}
   *
   * <p>It makes unstarted, unnamed virtual threads. Each counts as live from then on until it has ended, so each must
   * be started: {@link #close} waits for it. An exception that ends a thread goes to its
   * {@link Thread.UncaughtExceptionHandler}, and the handler's run belongs to the thread. Once closing has begun,
   * {@link ThreadFactory#newThread newThread} throws a {@link java.util.concurrent.RejectedExecutionException}.
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
}
