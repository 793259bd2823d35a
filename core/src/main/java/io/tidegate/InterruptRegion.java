// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static java.lang.invoke.MethodHandles.lookup;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** One call of {@link CancellationToken#interruptibly}: the stretch of one thread in which a cancel may interrupt it. */
final class InterruptRegion extends Attachments.Entry {
  private static final VarHandle STATE =
      ConstantBootstraps.fieldVarHandle(lookup(), "state", VarHandle.class, InterruptRegion.class, int.class);

  /*
   *   from           to             by            wakes
   *   WORKING        FINISHED       the thread    -
   *   WORKING        INTERRUPTING   a canceller   -
   *   INTERRUPTING   INTERRUPTED    the same      the thread, if it waits at the exit
   *   INTERRUPTING   SPARED         the same      the thread, if it waits at the exit
   *
   * I1  The canceller interrupts between its two transitions only, so no interrupt arrives after FINISHED.
   * I2  The thread leaves only FINISHED, INTERRUPTED or SPARED; the wait for the latter is for the few instructions of
   *     tell(), which parks nowhere.
   * I3  A thread that is interrupted already, by somebody else, is SPARED: its status is not ours to clear.
   */
  private static final int WORKING = 0;
  private static final int FINISHED = 1;
  private static final int INTERRUPTING = 2;
  private static final int INTERRUPTED = 3;
  private static final int SPARED = 4;

  private final Thread thread;
  /** Any thread. */
  private volatile int state = WORKING;

  InterruptRegion(Thread thread) {
    this.thread = thread;
  }

  <T> T call(TokenNode token, Callable<T> body) throws Exception {
    if (!TokenGraph.attach(token, this)) {
      token.throwIfCancelled();
    }
    T result;
    try {
      result = body.call();
    } catch (Throwable thrown) {
      CancelReason reason = exit(token);
      if (reason != null) {
        throw new CancelledException(token, reason, thrown);
      }
      throw thrown;
    }
    exit(token);
    return result;
  }

  /** Ends the region; answers the reason if this region's thread was told of a cancel. */
  private @Nullable CancelReason exit(TokenNode token) {
    TokenGraph.detach(token, this);
    if (STATE.compareAndSet(this, WORKING, FINISHED)) {
      return null;
    }
    while (state == INTERRUPTING) {
      Thread.onSpinWait();
    }
    if (state == INTERRUPTED) {
      boolean unusedOurOwn = Thread.interrupted();
    }
    return token.currentReason();
  }

  @Override
  void tell(List<Listener> claimed) {
    if (!STATE.compareAndSet(this, WORKING, INTERRUPTING)) {
      return;
    }
    if (thread.isInterrupted()) {
      state = SPARED;
    } else {
      thread.interrupt();
      state = INTERRUPTED;
    }
  }
}
