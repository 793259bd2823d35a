// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import io.tidegate.internal.OwnScheduler;
import java.util.Objects;
import java.util.concurrent.ForkJoinTask;
import org.jspecify.annotations.Nullable;

/**
 * One thread of a pool: what it runs and, where the pool has carriers of its own, by what it is told from others and what its
 * carriers have in their queues. One object for all four, as threads are made and woken often.
 */
/*
 * As a ForkJoinTask it is never done: it is queued each time that its thread may go on. The JVM queues a thread once for each
 * change of its state to one in which it may run, so it is in one queue at a time; but the carrier that has just run it may still
 * be in exec when another one runs it again. So exec uses nothing of this object after the continuation has run.
 *
 * 'continuation' is written by the thread that starts this one, before others can wake it: they do so past a change of its state
 * by compare-and-set, and so see it. The thread itself lets go of it at its end; what the JVM still has to run of it then is queued
 * as that of a thread which it has started.
 */
@SuppressWarnings("serial") // never serialized: a task of its pool does not leave it
final class PoolThread extends ForkJoinTask<@Nullable Void> implements OwnScheduler, Runnable {
  private final PoolThreads threads;

  /** The thread's own, which lets go of it. */
  private @Nullable Runnable body;

  /** Written before the thread starts, and by it at its end. */
  private @Nullable Thread thread;

  /** What is kept for the thread; that thread only. */
  private @Nullable Object value;

  /** What goes on with the thread, always the same; null before it starts and after it has ended. */
  private @Nullable Runnable continuation;

  PoolThread(PoolThreads threads, Runnable body) {
    this.threads = threads;
    this.body = body;
  }

  PoolThreads threads() {
    return threads;
  }

  /** Makes it the scheduler of a thread that has not started. */
  void runsOn(Thread made) {
    thread = made;
  }

  @Override
  public boolean isFor(Thread other) {
    return thread == other;
  }

  @Override
  public @Nullable Object value() {
    return value;
  }

  @Override
  public void keep(@Nullable Object kept) {
    value = kept;
  }

  /** Hands the thread, or one that it has started, to the pool's carriers. */
  @Override
  public void execute(Runnable goesOn) {
    if (body != null) { // it is being started: nobody else has it for a scheduler yet
      continuation = goesOn;
    }
    threads.scheduler().execute(goesOn, continuation == goesOn ? this : null);
  }

  @Override
  public void run() {
    Runnable own = Objects.requireNonNull(body);
    body = null;
    threads.run(own);
    // Others that the thread has started may keep this for long.
    thread = null;
    continuation = null;
    value = null;
  }

  @Override
  protected boolean exec() {
    Runnable goesOn = continuation;
    if (goesOn != null) {
      Carriers.mount(goesOn);
    }
    return false;
  }

  @Override
  public @Nullable Void getRawResult() {
    return null;
  }

  @Override
  protected void setRawResult(@Nullable Void none) {}
}
