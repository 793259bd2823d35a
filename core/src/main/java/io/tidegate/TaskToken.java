// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

/**
 * The token of a task, a child of its scope's. A wait of the task itself attaches nothing to it: the task is woken through
 * the token, or, when the scope's token is cancelled, through the gate, which has it in its list.
 */
/*
 *   waiter                                  own cancel                     the scope's cancel
 *   1. isWaiting = true                     1. stores the cancel here      1. stores the cancel in the scope's token
 *   2. looks: condition, own cancel,        2. reads isWaiting             2. lists the members of the gate, under its lock,
 *      the scope's cancel; parks               unparks if it is set           and reads isWaiting of each; unparks those
 *   3. isWaiting = false
 *
 * No lost wake-up: isWaiting and the cancels are volatile. Who cancels and finds isWaiting unset has stored the cancel before
 * the waiter set it, and so before the waiter looks. A task is in the list from before its thread starts until after its last
 * wait. So one that is not listed in step 2 of the scope's cancel waits no more, or enters later by the same lock, and then
 * sees the cancel at its first look. Twin: TaskWakeRaceTest.
 *
 * An unpark may come when the wait has just ended. Every park has to bear that, see LockSupport.
 */
final class TaskToken extends TokenNode {
  private final TaskImpl<?> task;

  TaskToken(ScopeToken scope, TaskImpl<?> task) {
    super(scope);
    this.task = task;
  }

  @Override
  void tellOwner() {
    task.wakeIfWaiting();
  }
}
