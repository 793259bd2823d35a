// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A guard that some code holds by hand. */
final class GuardImpl extends Member implements Gate.Guard {
  private final String holder;
  /** Who entered: the task, else the thread. */
  private final @Nullable TaskImpl<?> task;
  private final Thread thread;
  /** Any thread. */
  private volatile String note = "";

  GuardImpl(GateImpl gate, String holder) {
    super(gate);
    this.holder = Objects.requireNonNull(holder, "holder");
    this.task = Current.task();
    this.thread = Thread.currentThread();
    if (task != null) {
      task.noteHeld();
    }
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
    return task == null ? "" : task.kindName();
  }

  @Override
  String note() {
    return note;
  }

  @Override
  Thread thread() {
    return thread;
  }

  /** What the task that entered waits for: a guard that was handed on is taken for its own still. */
  @Override
  @Nullable WaitsFor waitsFor() {
    return task == null ? null : task.waitsFor();
  }

  @Override
  String inWaits() {
    return this + ", entered by " + (task == null ? thread : task);
  }

  /** Whether the calling task, or the calling thread outside any task, is the one that entered. */
  boolean isOfCaller() {
    return task == null ? thread == Thread.currentThread() : task == Current.task();
  }

  @Override
  public String toString() {
    return "guard \"" + holder + "\" of gate " + gate().path();
  }
}
