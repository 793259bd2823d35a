// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import io.tidegate.carrier.PoolClock;
import io.tidegate.carrier.Simulator;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One run: the scheduler of its threads, which are virtual ones of the JVM, mounted one at a time on the thread that calls
 * {@link #run}, and their clock.
 */
final class SimulatedRun extends Simulator {
  /*
   * Who runs is decided in two places: in 'pass', by the thread that is mounted, which only unmounts if another one is to
   * go on; and in 'loop', by the runner, where the mounted thread has ended or waits. All else that belongs to the run is
   * touched by the mounted thread or by the runner while none is mounted, so by one at a time, and nothing is guarded.
   *
   * A continuation comes to 'take' whenever its thread can run. From the runner, or from the mounted thread: by the code of
   * the run. From any other thread: the wait was one that the run knows nothing of, see Escapes.
   */
  private static final long MOST_STEPS = 1_000_000;
  /** How often each thread of a run that is given up is woken to end. */
  private static final int UNWINDINGS = 100;
  /** After so many steps a thread of such a run is taken to go on for ever. */
  private static final int MOST_UNWINDING_STEPS = 5_000;

  private final Strategy strategy;
  private final SplitMix chance;
  private final @Nullable Trace trace;
  private final VirtualClock clock = new VirtualClock(this);
  private final ThreadFactory factory = threadsOn(this::take);
  private final Thread runner = Thread.currentThread();
  private final Map<Runnable, Actor> actors = new HashMap<>();
  /** Those that have not ended, in the order of their starts. */
  private final List<Actor> live = new ArrayList<>();
  private final List<Actor> ready = new ArrayList<>();
  /** Woken by threads that are not of the run. */
  private final Queue<Runnable> strangers = new ConcurrentLinkedQueue<>();
  private @Nullable Actor current;
  /** Who is to be mounted next, if that is decided. */
  private @Nullable Actor chosen;
  private long mounts;
  private long started;
  private long numbers;
  private boolean bodyHasEnded;
  private boolean givenUp;
  private @Nullable Throwable failure;
  /** Called once at a step. */
  private long signalStep = Long.MAX_VALUE;
  private @Nullable Actor signalled;
  private boolean bodySignalled;
  /** Written by the mounted thread, read by whoever watches over the run. */
  private volatile long steps;
  /** Set when nothing is run any more; any thread. */
  private volatile boolean over;

  SimulatedRun(Strategy strategy, SplitMix chance, @Nullable Trace trace) {
    this.strategy = strategy;
    this.chance = chance;
    this.trace = trace;
  }

  // ---- the run, on the runner

  /** Runs a body and all threads that it starts, to their ends; returns what has failed, if anything. */
  @Nullable Throwable run(Simulation.Body body) {
    start("main", () -> {
      try {
        body.run();
      } catch (Throwable thrown) {
        fail(thrown);
      } finally {
        bodyHasEnded = true;
      }
    });
    loop();
    if (!live.isEmpty()) {
      giveUp();
    }
    over = true;
    handOnStrangers();
    return failure;
  }

  private void loop() {
    while (failure == null && !live.isEmpty()) {
      if (!strangers.isEmpty()) {
        fail(Escapes.wokenFromOutside(this));
        admitStrangers();
      } else if (!ready.isEmpty()) {
        mount(next());
      } else if (bodyHasEnded || !timeMoves()) {
        fail(new Standstill(this).failure(bodyHasEnded));
      }
    }
  }

  private Actor next() {
    Actor next = chosen;
    if (next == null) {
      next = ready.size() == 1 ? ready.getFirst() : strategy.choose(null, ready);
    }
    chosen = null;
    return next;
  }

  private void mount(Actor actor) {
    ready.remove(actor);
    actor.ready = false;
    current = actor;
    mounts++;
    actor.continuation.run();
    current = null;
    if (!actor.thread.isAlive()) {
      live.remove(actor);
      actors.remove(actor.continuation);
      note(actor, "has ended");
    }
  }

  /** Goes on to the next time that is waited for; false if there is none, or a thread waits for time of another kind. */
  private boolean timeMoves() {
    fail(Escapes.search(this));
    if (failure != null || hasStrangers()) {
      return true;
    }
    List<Actor> woken = clock.advance();
    if (woken.isEmpty()) {
      return false;
    }
    if (trace != null) {
      trace.timeIs(clock.nanoTime());
    }
    woken.forEach(actor -> LockSupport.unpark(actor.thread));
    return true;
  }

  // ---- the scheduler

  /** Called by the JVM with the continuation of a thread that can run. */
  private void take(Runnable continuation) {
    if (over) {
      letGo(continuation);
      return;
    }
    Thread caller = Thread.currentThread();
    Actor mounted = current;
    if (caller != runner && (mounted == null || caller != mounted.thread)) {
      strangers.add(continuation);
      if (over) {
        handOnStrangers();
      }
      return;
    }
    Actor actor = actors.get(continuation);
    if (actor == null) {
      actor = began(continuation);
    }
    if (!actor.ready) {
      actor.ready = true;
      ready.add(actor);
    }
  }

  private Actor began(Runnable continuation) {
    Thread thread = threadOf(continuation)
        .orElseThrow(() -> new IllegalStateException("this JVM does not show whose continuation it runs"));
    if (thread.getUncaughtExceptionHandler() instanceof ThreadGroup) {
      thread.setUncaughtExceptionHandler((failed, thrown) -> fail(thrown));
    }
    started++;
    Actor actor = new Actor((int) started, thread, continuation);
    strategy.began(actor);
    actors.put(continuation, actor);
    live.add(actor);
    return actor;
  }

  private void handOnStrangers() {
    for (Runnable stranger = strangers.poll(); stranger != null; stranger = strangers.poll()) {
      letGo(stranger);
    }
  }

  @Override
  protected Thread simulated(String name, Runnable work) {
    Thread thread = factory.newThread(work);
    if (!name.isEmpty()) {
      thread.setName(name);
    }
    return thread;
  }

  // ---- called by the threads of the run

  @Override
  @SuppressWarnings({"NonAtomicOperationOnVolatileField", "NonAtomicVolatileUpdate"}) // one thread at a time
  protected void pass(String where) {
    Actor me = caller();
    if (givenUp) {
      endsSoon(me);
      return; // what must be done at the end of work is done; it ends in its next wait
    }
    steps++;
    note(me, where);
    if (steps > MOST_STEPS) {
      fail(new AssertionError("no end after " + MOST_STEPS + " steps\n" + new Standstill(this).threads()));
    } else if (hasStrangers()) {
      fail(Escapes.wokenFromOutside(this));
      admitStrangers();
    } else if (steps >= signalStep) {
      wakeSignalled();
    } else if (!ready.isEmpty()) {
      Actor next = strategy.choose(me, ready);
      if (next != me) {
        giveWayTo(next);
      }
    }
  }

  /** Lets another thread be the next one. Where the caller cannot be unmounted, it goes on. */
  @SuppressWarnings("ThreadPriorityCheck") // to a scheduler that knows who is next
  private void giveWayTo(Actor next) {
    long before = mounts;
    chosen = next;
    Thread.yield();
    if (mounts == before) {
      chosen = null;
    }
  }

  /** Parks the calling thread. */
  void park(Object blocker, Actor.@Nullable Timer timer) {
    Actor me = caller();
    unwindIfGivenUp(me);
    me.blocker = blocker;
    me.timer = timer;
    if (trace != null) {
      note(me, timer == null ? "parks" : "parks until " + Trace.seconds(timer.atNanos()));
    }
    LockSupport.park(blocker);
    me.blocker = null;
    me.timer = null;
    unwindIfGivenUp(me);
  }

  /** The thread that calls; one that is not mounted by this run has no business here. */
  Actor caller() {
    Actor mounted = current;
    if (over || mounted == null || mounted.thread != Thread.currentThread()) {
      throw new GivenUp();
    }
    return mounted;
  }

  private void note(Actor actor, String what) {
    if (trace != null && !givenUp) {
      trace.add(steps, clock.nanoTime(), actor, what);
    }
  }

  @Override
  protected PoolClock clock() {
    return clock;
  }

  @Override
  protected RandomGenerator chance() {
    return chance;
  }

  @Override
  public long nextNumber() {
    return ++numbers;
  }

  @Override
  protected void named(String name) {
    caller().named(name);
  }

  @Override
  protected void uncaught(Throwable error) {
    fail(error);
  }

  @Override
  public boolean isGivenUp() {
    return givenUp;
  }

  // ---- a signal at a step

  /**
   * Parks the calling thread until the run has come to a step, at which it goes on at once, or until the signal. Returns
   * whether it was the step.
   */
  boolean awaitStep(long step) {
    if (bodySignalled) {
      return false;
    }
    signalStep = step;
    signalled = caller();
    while (signalled != null) {
      park(this, null);
    }
    return !bodySignalled;
  }

  /** Ends the wait for a step, now or later. */
  void signal() {
    bodySignalled = true;
    wakeSignalled();
  }

  private void wakeSignalled() {
    Actor told = signalled;
    signalStep = Long.MAX_VALUE;
    signalled = null;
    if (told != null) {
      LockSupport.unpark(told.thread);
      giveWayTo(told);
    }
  }

  // ---- the end

  private void fail(@Nullable Throwable thrown) {
    if (failure == null && thrown != null && !(thrown instanceof GivenUp)) {
      failure = thrown;
      givenUp = true;
    }
  }

  /** Makes the threads that are left end: each of their waits in the library throws, others are interrupted. */
  private void giveUp() {
    chosen = null;
    for (int i = 0; i < UNWINDINGS && !live.isEmpty(); i++) {
      List.copyOf(live).forEach(SimulatedRun::endWait);
      while (!ready.isEmpty()) {
        mount(ready.getFirst());
      }
    }
  }

  /** Code that parks by itself may look at nothing but its condition: interrupted, it would look for ever. */
  private static void endWait(Actor actor) {
    if (actor.blocker == null && Escapes.isInJdk(actor.thread.getStackTrace())) {
      actor.thread.interrupt();
    }
    LockSupport.unpark(actor.thread);
  }

  private void unwindIfGivenUp(Actor me) {
    if (givenUp) {
      endsSoon(me);
      throw new GivenUp();
    }
  }

  /** Lets a thread go on to its end; one that goes on for too long is thrown out, and one that stays is put aside. */
  private void endsSoon(Actor me) {
    me.unwound++;
    while (me.unwound > 2 * MOST_UNWINDING_STEPS) {
      LockSupport.park(this);
    }
    if (me.unwound > MOST_UNWINDING_STEPS) {
      throw new GivenUp();
    }
  }

  // ---- for those who look

  /** The thread that a stranger has woken. */
  @Nullable Actor wokenFromOutside() {
    return actors.get(strangers.peek());
  }

  /** Lets the threads that strangers have woken run. */
  void admitStrangers() {
    for (Runnable stranger = strangers.poll(); stranger != null; stranger = strangers.poll()) {
      take(stranger);
    }
  }

  boolean hasStrangers() {
    return !strangers.isEmpty();
  }

  List<Actor> live() {
    return live;
  }

  long steps() {
    return steps;
  }

  long nanos() {
    return clock.nanoTime();
  }

  @Nullable Actor mounted() {
    return current;
  }
}
