// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import io.tidegate.carrier.Occupant.Mounted;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** At most so many platform threads, and the queue before them: for work that blocks the thread that it is on. */
final class PlatformEngine implements PoolEngine {
  /*
   * State, guarded by 'lock': the queue; threads, those hired and not yet dismissed; hiring, those of them of which it is
   * not known yet whether the JVM starts them; idle, those that wait for work or have been woken for it and do not run
   * yet; ended.
   *
   *   step                     by           what
   *   a job comes              start        queued; one idle is woken; if all of these have a job to come, one is hired
   *   one was not started      hireFor      threads - 1; its job is withdrawn unless another thread is known to run
   *   a thread looks for work  next         the first job; else idle until one comes, the time is over, or the end
   *   a thread is dismissed    next, relay  threads - 1; final for that thread
   *
   * I1  threads <= maxThreads.
   * I2  Where more jobs are queued than threads idle, all maxThreads are hired. A thread that becomes busy by a job
   *     takes one away from both sides, and a busy one looks into the queue before it becomes idle.
   * I3  No job is left alone: with a job in the queue there is a thread that is going to look. One is dismissed only
   *     where the queue is empty, or where it has found a successor. One that is being hired is not counted on.
   *
   * No lost wake-up: all of it is under the lock. A woken thread that came too late, since another took the job, goes
   * back to waiting.
   */
  private static final long KEEP_ALIVE_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** Something to run, what it is called, and since when it waits. */
  record Job(String name, Runnable work, long queuedAtNanos) {}

  /** Makes a thread, unstarted, perhaps in the place of another. */
  interface Recruiter {
    Thread newThread(PlatformEngine engine, @Nullable Thread predecessor);
  }

  private final String label;
  private final int maxThreads;
  private final Recruiter recruiter;
  private final CarrierRoll roll = new CarrierRoll();
  private final LatencyCounts latencies = new LatencyCounts();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition workOrEnd = lock.newCondition();
  private final Condition noThread = lock.newCondition();

  private final Queue<Job> queue = new ArrayDeque<>();
  private int threads;
  private int hiring;
  private int idle;
  private boolean ended;

  PlatformEngine(String label, int maxThreads) {
    this(label, maxThreads, PlatformCarrier::new);
  }

  PlatformEngine(String label, int maxThreads, Recruiter recruiter) {
    this.label = label;
    this.maxThreads = maxThreads;
    this.recruiter = recruiter;
  }

  @Override
  public void start(String name, Runnable work) {
    Job job = new Job(name, work, System.nanoTime());
    boolean hire;
    lock.lock();
    try {
      queue.add(job);
      workOrEnd.signal();
      hire = queue.size() > idle && threads < maxThreads;
      if (hire) {
        threads++;
        hiring++;
      }
    } finally {
      lock.unlock();
    }
    if (hire) {
      hireFor(job);
    }
  }

  private void hireFor(Job job) {
    try {
      recruiter.newThread(this, null).start();
    } catch (Throwable noMemory) {
      if (withdrawn(job)) {
        throw noMemory;
      }
      return;
    }
    hired();
  }

  private void hired() {
    lock.lock();
    try {
      hiring--;
    } finally {
      lock.unlock();
    }
  }

  /** Dismisses a thread that could not be started; returns whether its job has nobody else to run it. */
  private boolean withdrawn(Job job) {
    lock.lock();
    try {
      hiring--;
      dismissed();
      return threads <= hiring && queue.remove(job); // else another thread has it, or will
    } finally {
      lock.unlock();
    }
  }

  /** Returns the next job for the calling thread, or null: then it is dismissed. Waits for one through interrupts. */
  @Nullable Job next(Carrier carrier) {
    lock.lock();
    try {
      idle++;
      awaitWorkOrEnd();
      idle--;
      if (queue.isEmpty()) {
        roll.remove(carrier);
        dismissed();
      }
      return queue.poll();
    } finally {
      lock.unlock();
    }
  }

  private void awaitWorkOrEnd() {
    long nanosLeft = KEEP_ALIVE_NANOS;
    while (queue.isEmpty() && !ended && nanosLeft > 0) {
      try {
        nanosLeft = workOrEnd.awaitNanos(nanosLeft);
      } catch (InterruptedException stray) {
        // Whoever interrupts a thread of the pool means what ran on it, and that has ended: there is nothing to end.
      }
    }
  }

  /** Has a new thread go on in the place of the calling one; returns whether that is dismissed. */
  boolean relay(PlatformCarrier caller) {
    lock.lock();
    try {
      if (queue.isEmpty()) {
        roll.remove(caller.carrier());
        dismissed();
        return true;
      }
    } finally {
      lock.unlock();
    }
    try {
      recruiter.newThread(this, caller).start();
    } catch (Throwable noMemory) {
      return false; // there is nobody else to go on
    }
    roll.remove(caller.carrier());
    return true;
  }

  /** With the lock. */
  private void dismissed() {
    threads--;
    if (threads == 0) {
      noThread.signalAll();
    }
  }

  @Override
  public Thread newThread(String name, Runnable work) {
    return CarrierStart.newJdkThread(name, work);
  }

  @Override
  public boolean isVirtual() {
    return false;
  }

  @Override
  public int width() {
    return maxThreads;
  }

  @Override
  public boolean end(Duration limit) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + limit.toNanos();
    lock.lock();
    try {
      ended = true;
      workOrEnd.signalAll();
      while (threads > 0) {
        if (noThread.awaitNanos(deadlineNanos - System.nanoTime()) <= 0) {
          return false;
        }
      }
    } finally {
      lock.unlock();
    }
    return roll.awaitGone(deadlineNanos);
  }

  String label() {
    return label;
  }

  CarrierRoll roll() {
    return roll;
  }

  LatencyCounts latencies() {
    return latencies;
  }

  @Override
  public long queued() {
    lock.lock();
    try {
      return queue.size();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long waitedNanos(long nowNanos) {
    lock.lock();
    try {
      Job first = queue.peek();
      return first == null ? 0 : nowNanos - first.queuedAtNanos();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public List<Occupant> occupants() {
    List<Mounted> found = new ArrayList<>();
    for (Carrier carrier : roll.live()) {
      if (carrier.load() instanceof Job job) {
        found.add(new Mounted(carrier, job.name(), carrier.thread()));
      }
    }
    return Occupant.of(found);
  }

  @Override
  public PoolStats stats(long started, long completed) {
    return new PoolStats(
        maxThreads,
        started,
        completed,
        OptionalLong.of(queued()),
        OptionalInt.of(roll.mounted()),
        roll.cpuTime(),
        Optional.of(latencies.histogram()),
        0,
        Optional.empty());
  }
}
