// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.PoolClock;
import io.tidegate.carrier.Simulator;
import java.time.Instant;

/**
 * Leaves a wait, once in many, as a cancel lets it leave, before the wait begins.
 *
 * <p>The JIT compiles the ways that the code has gone so far, and puts a trap in place of the others. A server may run for
 * weeks before anything in it is cancelled. At its first shutdown each of its parked tasks would find the trap, and be
 * deoptimized: that takes ten times as long as to wake it. A way that is taken now and then is compiled like the others.
 */
final class Rehearsal {
  /** One wait of so many: the JIT counts thousands before it decides. */
  private static final int WAITS = 256;

  private static final TokenNode CANCELLED = cancelled();

  private Rehearsal() {}

  private static TokenNode cancelled() {
    TokenNode token = PlainToken.root();
    token.mark(Cancel.now(new CancelReason(CancelReason.Code.REQUESTED, "rehearsal", "", Instant.EPOCH, null)));
    return token;
  }

  /** Called by the thread of a task that is about to wait. */
  static void maybe(TaskImpl<?> task, Object blocker, PoolClock clock) throws InterruptedException {
    if (task.nextWait() % WAITS == 0 && Simulator.current() == null) {
      Waiting.parkUntil(blocker, clock, Waiting.NO_DEADLINE, CANCELLED, null);
      try {
        Waiting.parkUntil(blocker, clock, Waiting.NO_DEADLINE, PlainToken.NONE, CANCELLED);
      } catch (CancelledException rehearsed) {
        // That was it.
      }
    }
  }
}
