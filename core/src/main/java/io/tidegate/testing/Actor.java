// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import org.jspecify.annotations.Nullable;

/** One thread of a run, as its scheduler sees it. One thread of the run is mounted at a time, so nothing is guarded. */
final class Actor {
  final int number;
  final Thread thread;
  final Runnable continuation;
  /** What the thread says that it does: a task's name. */
  private String name;
  private String label;
  /** Whether it is among those that can run. */
  boolean ready;
  /** What it waits for in a wait of the library; null while it does not. */
  @Nullable Object blocker;
  /** Until when, if the wait has an end. */
  @Nullable Timer timer;
  /** Who goes first, in strategies that rank; the higher one. */
  long rank;
  /** How often its wait was ended because the run is given up. */
  int unwound;

  Actor(int number, Thread thread, Runnable continuation) {
    this.number = number;
    this.thread = thread;
    this.continuation = continuation;
    this.name = thread.getName();
    this.label = label();
  }

  void named(String newName) {
    name = newName;
    label = label();
  }

  private String label() {
    return name.isEmpty() ? "#" + number : "#" + number + " " + name;
  }

  String name() {
    return name;
  }

  @Override
  public String toString() {
    return label;
  }

  /**
   * The end of a wait.
   *
   * @param tells whether the thread then only tells something, and waits on
   */
  record Timer(Actor actor, long atNanos, long order, boolean tells) implements Comparable<Timer> {
    @Override
    public int compareTo(Timer other) {
      int byTime = Long.compare(atNanos, other.atNanos);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }
}
