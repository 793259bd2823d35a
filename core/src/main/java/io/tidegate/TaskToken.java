// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.Simulator;
import org.jspecify.annotations.Nullable;

/**
 * The token of a task, a child of its scope's. As long as the task is in the gate of its scope nothing links the two: whoever
 * cancels the scope's finds the task in the gate.
 */
/*
 *   the task's life                           the scope's cancel
 *   1. is TOLD from the beginning             1. stores the cancel in the scope's token
 *   2. enters the gate                        2. for each task in the gate, under its lock, or where
 *                                                it was counted and so stays until it leaves:
 *   3. looks whether the scope's token           stores the cancel in the task's token, in place of TOLD;
 *      is cancelled: stores that here            looks what is attached, and whether the task waits
 *   4. runs, waits, is listened to            3. tells what is attached to those, and wakes those that wait
 *   5. is TOLD no more; links itself to the
 *      scope's token if anything is attached
 *   6. leaves the gate
 *
 * C1  A cancel of the scope is stored here before its cancel() returns (T2): step 2 of the cancel finds the task in the gate,
 *     or comes before the entering, and then step 3 of the life sees what its step 1 has stored, or comes after the leaving,
 *     and then this token looks above by itself.
 * C2  What is attached while this is TOLD is told: who attaches makes the attachments first and then looks, under their
 *     monitor, whether this is TOLD; the cancel stores itself first, and then looks whether there are attachments. Likewise
 *     step 5 changes TOLD first, and then looks.
 * C3  Where step 5 cannot link as the scope is cancelled, the task tells what is attached itself, before it leaves the gate:
 *     so a cancel that does not find it there any more has nothing left to tell.
 * C4  Who asks why it is cancelled, and whoever asks a token below, looks at the scope's token too: a task that was ended by
 *     the scope's cancel finds that it is its own, though it may not have been told yet.
 *
 *   waiter                                    any cancel
 *   1. isWaiting = true                       1. stores the cancel here
 *   2. looks: condition, cancel; parks        2. reads isWaiting; unparks if it is set
 *   3. isWaiting = false
 *
 * No lost wake-up: isWaiting and the cancel are volatile. Who cancels and finds isWaiting unset has stored the cancel before
 * the waiter set it, and so before the waiter looks. Twins: TaskWakeRaceTest, TaskTokenRaceTest.
 *
 * An unpark may come when the wait has just ended. Every park has to bear that, see LockSupport.
 */
final class TaskToken extends TokenNode {
  private final TaskImpl<?> task;

  TaskToken(TaskImpl<?> task) {
    super(true);
    this.task = task;
  }

  /** Step 3: the task is in the gate. */
  void entered() {
    cancelOnTheWay();
  }

  @Override
  @Nullable Cancel cancelOnTheWay() {
    Cancel above = scope().storedCancel();
    if (above == null) {
      return null;
    }
    mark(above);
    return storedCancel();
  }

  /** Step 5: the task is about to leave the gate. */
  void leaves() {
    isToldNoMore();
    Simulator.step("token of an ended task looks above from now on, is about to look what is attached");
    if (attachmentsIfAny() != null) {
      TokenGraph.linkOrDeliver(this);
    }
  }

  @Override
  ScopeToken scope() {
    return task.scope().token();
  }

  @Override
  int parentCount() {
    return 1;
  }

  @Override
  TokenNode parent(int index) {
    return scope();
  }

  @Override
  void tellOwner() {
    task.wakeIfWaiting();
  }
}
