// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static java.lang.invoke.MethodHandles.lookup;

import io.tidegate.carrier.Simulator;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** One call of {@link CancellationToken#interruptibly}: the stretch of one thread in which a cancel may interrupt it. */
final class InterruptRegion extends Attachments.Entry {
  private static final Log log = Log.of(CancellationToken.class);

  private static final VarHandle STATE =
      ConstantBootstraps.fieldVarHandle(lookup(), "state", VarHandle.class, InterruptRegion.class, int.class);

  private static final ThreadLocal<@Nullable InterruptRegion> INNERMOST = new ThreadLocal<>();

  /*
   *   from           to             by            wakes
   *   WORKING        FINISHED       the thread    -
   *   WORKING        LOOKING        a canceller   -
   *   LOOKING        SPARED         the same      -
   *   LOOKING        INTERRUPTING   the same      -
   *   INTERRUPTING   INTERRUPTED    the same      the thread, if it waits at the exit
   *   SPARED         INTERRUPTED    the thread, at the exit of a region inside this one
   *
   * I1  The canceller interrupts while INTERRUPTING only, so no interrupt arrives after FINISHED.
   * I2  The thread leaves only FINISHED, INTERRUPTED or SPARED. It waits for as long as LOOKING takes, a few instructions,
   *     and then for the close of the interruptible channel that it is blocked in. For that it parks: a canceller that is a
   *     virtual thread may need this thread's carrier, and a mere yield may not give it away, where it is the only one.
   * I3  A thread that is interrupted already, by somebody else, is SPARED: its status is not ours to clear. To park would
   *     clear it for a while, so the thread does not park while LOOKING.
   * I4  A region that clears the status at its exit interrupts again if a region around it was told meanwhile: that
   *     one's interrupt was the same, or was spared because of this one's.
   * I5  No lock of ours is held in act(): the JVM closes that channel in it, and the channel may be the user's own.
   *
   * No lost wake-up: the thread looks at the state before it parks; the canceller sets it before it unparks the thread.
   */
  private static final int WORKING = 0;
  private static final int FINISHED = 1;
  private static final int LOOKING = 2;
  private static final int INTERRUPTING = 3;
  private static final int INTERRUPTED = 4;
  private static final int SPARED = 5;

  private final Thread thread = Thread.currentThread();
  /** The region around this one, of the same thread. */
  private final @Nullable InterruptRegion outer = INNERMOST.get();
  /** Any thread. */
  private volatile int state = WORKING;

  <T> T call(TokenNode token, Callable<T> body) throws Exception {
    if (!TokenGraph.attach(token, this)) {
      token.throwIfCancelled();
    }
    INNERMOST.set(this);
    Simulator.step("may be interrupted");
    T result;
    try {
      result = body.call();
    } catch (Throwable thrown) {
      exit(token);
      if (state == FINISHED || thrown instanceof Error) {
        throw thrown;
      }
      if (state == SPARED && thrown instanceof InterruptedException) {
        thread.interrupt(); // from outside, and its exception becomes a mere cause
      }
      throw new CancelledException(Objects.requireNonNull(token.currentReason()), thrown);
    }
    exit(token);
    return result;
  }

  /** Ends the region: it is FINISHED if this came before any cancel. */
  private void exit(TokenNode token) {
    if (outer == null) {
      INNERMOST.remove();
    } else {
      INNERMOST.set(outer);
    }
    TokenGraph.detach(token, this);
    Simulator.step("is about to finish what may be interrupted");
    if (STATE.compareAndSet(this, WORKING, FINISHED)) {
      return;
    }
    if (settledState() == INTERRUPTED) {
      boolean pending = Thread.interrupted();
      InterruptRegion around = outer;
      while (around != null && !around.interruptAgain(pending)) {
        around = around.outer;
      }
    }
  }

  /** The state when no canceller is about to interrupt. */
  private int settledState() {
    while (state == LOOKING) {
      Thread.onSpinWait();
    }
    Waiting.throughAll(this, Current.clock(), Waiting.NO_DEADLINE, () -> state != INTERRUPTING);
    return state;
  }

  /** Called by its own thread after a region inside this one has cleared the status; says whether this was told. */
  private boolean interruptAgain(boolean wasPending) {
    int told = settledState();
    if (told == SPARED || (told == INTERRUPTED && wasPending)) {
      state = INTERRUPTED;
      thread.interrupt();
      return true;
    }
    return false;
  }

  @Override
  void tell() {}

  @Override
  void act() {
    if (!STATE.compareAndSet(this, WORKING, LOOKING)) {
      return;
    }
    if (thread.isInterrupted()) {
      state = SPARED;
      return;
    }
    state = INTERRUPTING;
    Simulator.step("is about to interrupt");
    interruptThread();
    Waiting.unpark(thread);
  }

  private void interruptThread() {
    try {
      thread.interrupt();
    } catch (Throwable thrown) {
      log.error("the channel that {} is blocked in failed to close on cancel", thread, thrown);
    } finally {
      state = INTERRUPTED;
    }
  }
}
