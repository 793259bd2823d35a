// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.PoolClock;
import io.tidegate.carrier.Simulator;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One wait of the calling thread, told to others while it lasts, so that a cycle of waits is found.
 *
 * <p>Made where the library waits for members: {@link #begin} before the wait, {@link #end} after it, come what may.
 */
final class WaitsFor {
  private static final Log log = Log.of(Scope.class);

  /*
   * The waits make a graph: from a wait to each member that has to leave before it ends, and from a member to the wait of
   * its thread. A wait needs all of its members to leave. So a cycle ends by nothing that is in it, only by a limit, an
   * interrupt or a cancel.
   *
   *   step   what a waiter does                                                              how
   *   mark   lets those it waits for know: a joiner makes their 'joiners', a closer raises   volatile
   *          the level of the gate and of all gates below it
   *   tell   writes its wait into the outermost of its stays                                 volatile
   *   look   if it is marked itself: looks for a cycle through its wait, and breaks it       see WaitCycle
   *   wait
   *   end    takes its wait out of its stay                                                  volatile
   *
   * W1  The last one of a cycle to tell finds it. All others have told, and marked before: it sees that it is marked,
   *     looks, and sees their waits. Who looked earlier has not found this cycle, and waits.
   * W2  A thread is in a gate, by a stay or a guard, before it tells a wait. So whoever is admitted while others wait
   *     already tells later than they do, however late that is, and W1 holds.
   * W3  Each cycle is broken in one waiter. That one looks at each link again under BREAKING, and ends its wait there.
   *     Another one that has found the same cycle does not find it standing, and looks for others.
   * W4  What is broken was a cycle. A wait is told once and ended once, a member enters once and leaves once. So what
   *     stood at both looks stood between them, all links at one moment.
   * W5  A wait that hears cancels counts no more once its token is cancelled, and that is for ever. A hard close has
   *     cancelled those inside before it tells: it is never broken over a join that this cancel ends.
   *
   * Nobody who tells waits for a thread that is in no task or visit, so such a thread does none of this. A wait of a
   * thread that nobody has marked costs two writes and a look at its marks.
   */
  private static final ReentrantLock BREAKING = new ReentrantLock();

  /** The outermost stay of the waiting thread; null if it is inside of nothing. */
  private final @Nullable Stay waiter;
  private final String verb;
  private final Awaited awaited;
  /** The token whose cancel ends the wait; null if none does. */
  private final @Nullable TokenNode endedBy;

  private WaitsFor(String verb, Awaited awaited, @Nullable TokenNode endedBy) {
    Stay innermost = Current.innermost();
    this.waiter = innermost == null ? null : innermost.outermost();
    this.verb = verb;
    this.awaited = awaited;
    this.endedBy = endedBy;
  }

  /** A wait by {@link Waiting#until}. */
  static WaitsFor untilCancelled(String verb, Awaited awaited) {
    return new WaitsFor(verb, awaited, Current.token());
  }

  /** A wait by {@link Waiting#throughAll}. */
  static WaitsFor throughAll(String verb, Awaited awaited) {
    return new WaitsFor(verb, awaited, null);
  }

  /**
   * Tells of this wait, unless it ends at once. Those whom it is for are marked already.
   *
   * @throws IllegalStateException if it closes a cycle; then it has ended
   */
  void begin(PoolClock clock, long deadlineNanos) {
    if (waiter != null && !isCancelled() && !Waiting.isPast(clock, deadlineNanos)) {
      tell();
      Simulator.step("has told its wait, is about to look for a cycle");
      if (isMarked()) {
        breakCycles(waiter);
      }
    }
  }

  /** Tells of this wait, and leaves it to others to find a cycle: for waits of the library that must not fail. */
  void tell() {
    if (waiter != null) {
      waiter.waitsFor(this);
    }
  }

  void end() {
    if (waiter != null) {
      waiter.waitsFor(null);
    }
  }

  private static boolean isMarked() {
    for (Stay stay = Current.innermost(); stay != null; stay = stay.outer()) {
      if (stay.mayBeWaitedFor()) {
        return true;
      }
    }
    return false;
  }

  private void breakCycles(Stay victim) {
    for (WaitCycle found = WaitCycle.through(this); found != null; found = WaitCycle.through(this)) {
      if (breaks(found)) {
        String text = found.inWords(victim) + ": " + victim + " cannot wait for that here";
        log.warn("{}", text);
        throw new IllegalStateException(text);
      }
    }
  }

  /** Ends this wait if a cycle that was found through it still stands; says whether it did. */
  boolean breaks(WaitCycle found) {
    BREAKING.lock(); // no monitor: to look at a deadline may run code that waits
    try {
      boolean stands = found.stands();
      if (stands) {
        end();
      }
      return stands;
    } finally {
      BREAKING.unlock();
    }
  }

  /** Whether a cancel has ended this wait, or is about to. */
  boolean isCancelled() {
    return endedBy != null && endedBy.isCancelled();
  }

  @Nullable Stay waiter() {
    return waiter;
  }

  Awaited awaited() {
    return awaited;
  }

  /** What the waiter does, as in "joins task READ-1". */
  @Override
  public String toString() {
    return verb + " " + awaited;
  }
}
