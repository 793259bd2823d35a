// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A guard that some code holds by hand. */
final class GuardImpl extends Member implements Gate.Guard {
  private final String holder;
  /** Who entered: the task, else the thread. */
  private final Object owner;
  /** Null while there is none: nothing need be stored, with a fence, when the guard is made. Any thread. */
  private volatile @Nullable String note;

  GuardImpl(GateImpl gate, String holder) {
    super(gate);
    this.holder = Objects.requireNonNull(holder, "holder");
    Stay innermost = Current.innermost(); // looked up once: a guard is entered often
    enteredAt(Current.pool(innermost).clock().coarseNanoTime());
    TaskImpl<?> task = Current.task(innermost);
    if (task == null) {
      this.owner = Thread.currentThread();
      gate.noteEnteredOutside();
    } else {
      this.owner = task;
      task.noteHeld();
    }
  }

  private @Nullable TaskImpl<?> task() {
    return owner instanceof TaskImpl<?> task ? task : null;
  }

  @Override
  public void note(String text) {
    note = Objects.requireNonNull(text, "text");
  }

  @Override
  public Gate.Guard another(String newHolder) {
    return gate().enter(newHolder);
  }

  @Override
  public void close() {
    gate().leave(this);
  }

  @Override
  String holderName() {
    return holder;
  }

  @Override
  String kindName() {
    TaskImpl<?> task = task();
    return task == null ? "" : task.kindName();
  }

  @Override
  String note() {
    String present = note;
    return present == null ? "" : present;
  }

  @Override
  @Nullable Thread thread() {
    return owner instanceof TaskImpl<?> task ? task.thread() : (Thread) owner;
  }

  /** What the task that entered waits for: a guard that was handed on is taken for its own still. */
  @Override
  @Nullable WaitsFor waitsFor() {
    TaskImpl<?> task = task();
    return task == null ? null : task.waitsFor();
  }

  @Override
  String inWaits() {
    return this + ", entered by " + owner;
  }

  /** Whether the calling task, or the calling thread outside any task, is the one that entered. */
  boolean isOfCaller() {
    return owner == Thread.currentThread() || owner == Current.task();
  }

  @Override
  public String toString() {
    return "guard \"" + holder + "\" of gate " + gate().path();
  }
}
