// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import io.tidegate.CancellationToken;
import io.tidegate.Waiter;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A fault that is armed at a point, until it is closed. {@link Faults} makes it.
 *
 * <p><b>Threads:</b> safe for use by any thread. Only {@code awaitReached} blocks, and passing the point.
 *
 * <p><b>Memory consistency effects:</b> what a thread does before it passes the point <i>happens-before</i>
 * {@link #awaitReached} returning because of it; what a thread does before {@link #resume} or {@link #close}
 * <i>happens-before</i> what those do that this lets go.
 */
public final class Fault implements AutoCloseable {
  /*
   * Strikes are numbered from 1. A strike that holds its thread is over when 'resumed' has reached its number, its time is
   * over, or the fault is closed.
   *
   * The lock guards all writes of the numbers and of 'closed'; they are volatile, as those who wait read them without it.
   *
   * No lost wake-up: who waits is in 'waiters' before it looks; who changes something does that before it wakes them.
   */
  /** What it does. */
  sealed interface Action {}

  /** Throws what the supplier makes; without one, what the point declares, with the message. */
  record Fail(Optional<Supplier<? extends Throwable>> exception, String message) implements Action {}

  /** Waits for a time; without one, until told. */
  record Hold(Optional<Duration> time) implements Action {}

  private final String point;
  private final String text;
  private final int pass;
  private final Action action;
  private final Object lock = new Object();
  private final Set<Waiter> waiters = ConcurrentHashMap.newKeySet();
  private volatile long passes;
  private volatile long strikes;
  private volatile long resumed;
  private volatile int held;
  private volatile boolean closed;

  Fault(String point, String text, int pass, Action action) {
    this.point = point;
    this.text = text;
    this.pass = pass;
    this.action = action;
  }

  /** {@return the name of the point} */
  public String point() {
    return point;
  }

  /** {@return how often the point was passed since this was armed, with or without being struck} */
  public long passes() {
    return passes;
  }

  /** {@return how often it has struck: thrown, delayed, or paused} */
  public long strikes() {
    return strikes;
  }

  /** {@return how many threads it holds at the point, by a delay or a pause} */
  public int held() {
    return held;
  }

  /**
   * Waits until it has struck, since it was armed or since the last {@link #resume}. Of a pause: until a thread is there, or
   * about to park there.
   *
   * @throws IllegalStateException if it is closed before it strikes
   * @throws io.tidegate.CancelledException if the calling task's own token is cancelled
   * @throws InterruptedException if the thread is interrupted
   */
  public void awaitReached() throws InterruptedException {
    await(Optional.empty(), () -> isReached() || closed);
    if (!isReached()) {
      throw new IllegalStateException(this + " was disarmed before it was reached");
    }
  }

  private boolean isReached() {
    return strikes > resumed;
  }

  /** Lets go those whom it holds at the point, by a pause or a delay. The next one to pass is held again. */
  public void resume() {
    synchronized (lock) {
      resumed = strikes;
    }
    waiters.forEach(Waiter::wake);
  }

  /** Disarms it, and lets go those whom it holds. Idempotent; waits for nobody. */
  @Override
  public void close() {
    Faults.remove(this);
    synchronized (lock) {
      closed = true;
    }
    waiters.forEach(Waiter::wake);
  }

  /** {@return whether it is disarmed} */
  public boolean isClosed() {
    return closed;
  }

  /** Does to the calling thread, which passes the point, what it is there for. */
  <X extends Exception> void strike(Function<String, X> declared) throws X {
    long number;
    synchronized (lock) {
      if (closed) {
        return;
      }
      passes++;
      if (pass != 0 && passes != pass) {
        return;
      }
      strikes++;
      number = strikes;
      if (action instanceof Hold) {
        held++;
      }
    }
    waiters.forEach(Waiter::wake);
    switch (action) {
      case Fail fail -> fail(fail, declared);
      case Hold hold -> hold(hold.time(), () -> closed || resumed >= number);
    }
  }

  private <X extends Exception> void fail(Fail fail, Function<String, X> declared) throws X {
    if (fail.exception().isEmpty()) {
      throw declared.apply(fail.message());
    }
    Throwable thrown = fail.exception().get().get();
    switch (thrown) {
      case RuntimeException unchecked -> throw unchecked;
      case Error error -> throw error;
      default -> throw asDeclared(thrown, declared.apply(""));
    }
  }

  /** Answers what is to be thrown, if it is of the type that the point declares, as an example of it shows. */
  @SuppressWarnings("unchecked") // as it is tested
  private <X extends Exception> X asDeclared(Throwable thrown, X example) {
    if (example.getClass().isInstance(thrown)) {
      return (X) thrown;
    }
    throw new IllegalStateException(
        "fault " + point + ": the point declares " + example.getClass().getName() + ", not what the fault throws",
        thrown);
  }

  private void hold(Optional<Duration> time, BooleanSupplier isOver) {
    try {
      await(time, isOver);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      synchronized (lock) {
        held--;
      }
    }
  }

  private void await(Optional<Duration> time, BooleanSupplier condition) throws InterruptedException {
    Waiter waiter = Waiter.on(this, CancellationToken.none());
    waiters.add(waiter);
    try {
      if (time.isPresent()) {
        waiter.await(time.get(), condition);
      } else {
        waiter.await(condition);
      }
    } finally {
      waiters.remove(waiter);
    }
  }

  /** Describes the fault in one line, its text first. */
  @Override
  public String toString() {
    return "fault " + text + " (passed " + passes + ", struck " + strikes + ", holds " + held
        + (closed ? ", disarmed)" : ")");
  }
}
