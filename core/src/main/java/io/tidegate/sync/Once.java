// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import io.tidegate.CancellationToken;
import io.tidegate.ClosedException;
import io.tidegate.TaskBody;
import io.tidegate.carrier.Simulator;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A value that one caller makes for all: a file that is downloaded when it is first needed.
 *
 * {@snippet class="io.tidegate.sync.Snippets" region="once"}
 *
 * <p>The first caller makes the value, in its own thread and by its own token; the others wait. If it fails, or is
 * cancelled, that is its own affair: the longest waiting caller takes over and makes the value with what it brought
 * itself. So a failure is tried again by the next caller, and never told to one that did not try.
 *
 * <p>A wait is woken by the value, by its turn to make it, and by {@link #close}.
 *
 * <p><b>Threads:</b> safe for use by any thread. Only {@link #get} blocks.
 *
 * <p><b>Memory consistency effects:</b> what the maker did <i>happens-before</i> every return of the value.
 *
 * @param <T> the type of the value, never null
 */
public final class Once<T> implements AutoCloseable {
  /*
   *   from     to       by                                wakes
   *   EMPTY    MAKING   the first caller
   *   MAKING   MAKING   a maker that fails, to the next   the first in line, whose turn it is
   *   MAKING   EMPTY    a maker that fails, nobody waits
   *   MAKING   READY    the maker                         all
   *
   * READY is 'value' being set; MAKING is 'maker' being set. The lock guards all writes.
   *
   * I1  At most one thread makes the value: the turn goes from hand to hand under the lock, and with it 'maker'.
   * I2  Nobody is in line unless somebody makes; nobody is in line after READY or the close.
   * I3  Who gives up looks, under the lock, whether the turn was granted to it meanwhile, and passes it on: a cancelled
   *     waiter stops nobody behind it.
   * I4  A value stays, through the close too.
   *
   * No lost wake-up: a turn is in line before its thread waits; the maker writes under the lock, then wakes.
   */
  private final String name;
  private final Object lock = new Object();
  /** Guarded by the lock. */
  private final LinkedHashSet<Turn> line = new LinkedHashSet<>();
  private @Nullable Thread maker;
  /** Any thread; written under the lock. */
  private volatile @Nullable T value;
  private volatile boolean closed;

  private Once(String name) {
    this.name = Objects.requireNonNull(name, "name");
  }

  /**
   * {@return a new value, not made yet}
   *
   * @param name what it is, for messages
   * @param <T> the type of the value
   */
  public static <T> Once<T> named(String name) {
    return new Once<>(name);
  }

  /**
   * Returns the value, makes it, or waits for it. A value that is there is returned without a look at the token.
   *
   * @param body makes the value if it is this caller's turn; called with {@code token}
   * @param token ends the wait
   * @return the value
   * @throws IllegalStateException if called by the body itself, which would wait for itself
   * @throws ClosedException if this is closed, or is before the value is there; a body that runs goes on, and its
   *     caller gets the value
   * @throws io.tidegate.CancelledException if the token, or the calling task's own, is cancelled
   * @throws InterruptedException if the thread is interrupted
   * @throws Exception if this caller's body threw it
   */
  public T get(TaskBody<? extends T> body, CancellationToken token) throws Exception {
    Objects.requireNonNull(body, "body");
    Objects.requireNonNull(token, "token");
    T present = value;
    if (present != null) {
      return present;
    }
    Turn turn = takeOrStandInLine(token);
    if (!await(turn)) {
      return Objects.requireNonNull(value);
    }
    return make(body, token);
  }

  /** {@return the value; empty if it is not made yet} */
  public Optional<T> peek() {
    return Optional.ofNullable(value);
  }

  /** {@return how many callers wait} */
  public int waiting() {
    synchronized (lock) {
      return line.size();
    }
  }

  /** Ends all waits, now and in future, for a value that is not there. Idempotent; waits for nobody. */
  @Override
  public void close() {
    List<Turn> ended;
    synchronized (lock) {
      closed = true;
      ended = takeLine();
    }
    ended.forEach(turn -> turn.waiter.wake());
  }

  /** {@return whether {@link #close} was called} */
  public boolean isClosed() {
    return closed;
  }

  private Turn takeOrStandInLine(CancellationToken token) {
    Turn turn = new Turn(this, token);
    Simulator.step("is about to make a value, or to wait for it");
    synchronized (lock) {
      if (maker == Thread.currentThread()) {
        throw new IllegalStateException(this + " is asked for its value by the one who makes it");
      }
      if (value != null || closed) {
        return turn;
      }
      if (maker == null) {
        maker = Thread.currentThread();
        turn.grant();
      } else {
        line.add(turn);
      }
    }
    return turn;
  }

  /** Waits; says whether it is the caller's turn, and not that the value is there. */
  private boolean await(Turn turn) throws InterruptedException {
    boolean done = false;
    try {
      turn.waiter.await(() -> turn.isGranted() || value != null || closed);
      done = true;
    } finally {
      if (!done) {
        giveUp(turn);
      }
    }
    if (turn.isGranted()) {
      return true;
    }
    if (value == null) {
      throw new ClosedException(this + " will have no value");
    }
    return false;
  }

  private void giveUp(Turn turn) {
    Simulator.step("is about to leave the line of a value");
    boolean wasGranted;
    synchronized (lock) {
      line.remove(turn);
      wasGranted = turn.isGranted();
    }
    if (wasGranted) {
      passOn();
    }
  }

  private T make(TaskBody<? extends T> body, CancellationToken token) throws Exception {
    boolean made = false;
    try {
      T result = Objects.requireNonNull(body.call(token), "the value that was made");
      publish(result);
      made = true;
      return result;
    } finally {
      if (!made) {
        passOn();
      }
    }
  }

  private void publish(T result) {
    Simulator.step("is about to publish a value");
    List<Turn> ended;
    synchronized (lock) {
      value = result;
      maker = null;
      ended = takeLine();
    }
    ended.forEach(turn -> turn.waiter.wake());
  }

  /** Lets the next in line make the value, if there is one. */
  private void passOn() {
    Simulator.step("is about to pass the making of a value on");
    Turn next = null;
    synchronized (lock) {
      Iterator<Turn> turns = line.iterator();
      if (turns.hasNext()) {
        next = turns.next();
        turns.remove();
        next.grant();
      }
      maker = next == null ? null : next.thread;
    }
    if (next != null) {
      next.waiter.wake();
    }
  }

  private List<Turn> takeLine() {
    List<Turn> taken = new ArrayList<>(line);
    line.clear();
    return taken;
  }

  @Override
  public String toString() {
    String state = value != null ? "ready" : isBeingMade() ? "being made" : "not made";
    return name + " (" + state + (closed ? ", closed)" : ")");
  }

  private boolean isBeingMade() {
    synchronized (lock) {
      return maker != null;
    }
  }
}
