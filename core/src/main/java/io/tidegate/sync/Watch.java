// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import io.tidegate.CancellationToken;
import io.tidegate.ClosedException;
import io.tidegate.Waiter;
import io.tidegate.carrier.Simulator;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The latest value of something, and readers that are told when it changes: the state of a tenant, the progress of a
 * task.
 *
 * {@snippet class="io.tidegate.sync.Snippets" region="watch"}
 *
 * <p>Only the latest value is kept: a slow reader misses those between. It never misses the last one: what was set
 * before {@link #close} is delivered to every reader, and then the end. A new {@link Reader} has seen nothing, so its
 * first {@code next} returns the value that is there: nothing can be missed between looking and subscribing.
 *
 * <p>The end says that no value will come any more. It does not say that the task that wrote them has ended: to know
 * that, join the task.
 *
 * <p>Waits are woken by {@link #set}, {@link #update} and {@link #close}.
 *
 * <p><b>Threads:</b> safe for use by any thread; a {@link Reader} is for one thread at a time. Only waits block.
 *
 * <p><b>Memory consistency effects:</b> what a thread does before it sets a value <i>happens-before</i> what another
 * does after it got that value.
 *
 * @param <T> the type of the values, which should be immutable
 */
public final class Watch<T> implements AutoCloseable {
  /*
   * 'latest' and 'closed' are written under the lock, and volatile, so that looking takes no lock. The lock guards
   * 'waiting', which set and close take as a whole: a reader adds itself anew for each wait.
   *
   * I1  After 'closed' is true, 'latest' does not change. So a reader that looks at 'closed' first and at 'latest' then
   *     has, if it finds the end, found the last value: it delivers that before the end. Twin: WatchEndRaceTest.
   * I2  A reader that gives up takes its waiter out before its wait returns or throws.
   *
   * No lost wake-up: a reader adds its waiter, then looks, then parks; a writer writes, then takes the waiters, then,
   * after the lock is released, wakes them.
   */
  private final Object lock = new Object();
  /** Guarded by the lock. */
  private Set<Waiter> waiting = new LinkedHashSet<>();
  /** Any thread; written under the lock. */
  private volatile Version<T> latest;
  private volatile boolean closed;

  private Watch(Version<T> initial) {
    latest = initial;
  }

  /**
   * {@return a new watch}
   *
   * @param initial its first value
   * @param <T> the type of the values
   */
  public static <T> Watch<T> of(T initial) {
    return new Watch<>(new Version<>(initial));
  }

  /** {@return the latest value; after the close, the last one} */
  public T value() {
    return latest.value;
  }

  /**
   * Sets the value and wakes those who wait. A value that equals the one before counts as a change.
   *
   * @param value the new value
   * @throws ClosedException if this is closed
   */
  public void set(T value) {
    Simulator.step("is about to set a watch");
    replace(null, new Version<>(value));
  }

  /**
   * Makes the value out of the one before, and wakes those who wait.
   *
   * @param change makes the new value; without effects, as it is called again where another thread was faster
   * @return the new value
   * @throws ClosedException if this is closed
   */
  public T update(UnaryOperator<T> change) {
    Objects.requireNonNull(change, "change");
    while (true) {
      Version<T> before = latest;
      Simulator.step("is about to change the value of a watch");
      Version<T> after = new Version<>(change.apply(before.value));
      if (replace(before, after)) {
        return after.value;
      }
    }
  }

  /** Replaces the latest version, if it is the expected one or none is expected; says whether it did. */
  private boolean replace(@Nullable Version<T> expected, Version<T> next) {
    Set<Waiter> woken;
    synchronized (lock) {
      if (closed) {
        throw new ClosedException(this + " takes no value any more");
      }
      if (expected != null && latest != expected) {
        return false;
      }
      latest = next;
      woken = takeWaiting();
    }
    Simulator.step("watch has a new value, is about to wake");
    woken.forEach(Waiter::wake);
    return true;
  }

  /** Says that no value comes any more: the writer's end. Idempotent; waits for nobody. */
  @Override
  public void close() {
    Set<Waiter> woken;
    synchronized (lock) {
      closed = true;
      woken = takeWaiting();
    }
    woken.forEach(Waiter::wake);
  }

  /** {@return whether {@link #close} was called, so that the value is the last one} */
  public boolean isClosed() {
    return closed;
  }

  /** {@return a new reader, which has not seen the present value} */
  public Reader<T> subscribe() {
    return new Reader<>(this);
  }

  /**
   * Waits for a value that passes a test; the present one counts. Values that come and go meanwhile may be missed.
   *
   * @param test says whether a value is the awaited one; called in this thread
   * @param token ends the wait
   * @return the value
   * @throws ClosedException if this is closed, and the last value does not pass
   * @throws io.tidegate.CancelledException if the token, or the calling task's own, is cancelled
   * @throws InterruptedException if the thread is interrupted
   */
  public T await(Predicate<? super T> test, CancellationToken token) throws InterruptedException {
    Objects.requireNonNull(test, "test");
    Reader<T> reader = subscribe();
    while (true) {
      Optional<T> next = reader.next(token);
      if (next.isEmpty()) {
        throw new ClosedException(this + " ended before the awaited value came");
      }
      if (test.test(next.get())) {
        return next.get();
      }
    }
  }

  private Set<Waiter> takeWaiting() {
    Set<Waiter> taken = waiting;
    if (!taken.isEmpty()) {
      waiting = new LinkedHashSet<>();
    }
    return taken.isEmpty() ? Set.of() : taken;
  }

  private void enqueue(Waiter waiter) {
    synchronized (lock) {
      waiting.add(waiter);
    }
  }

  private void leave(Waiter waiter) {
    synchronized (lock) {
      waiting.remove(waiter);
    }
  }

  /** How many threads wait. */
  int waiting() {
    synchronized (lock) {
      return waiting.size();
    }
  }

  @Override
  public String toString() {
    return "watch (" + latest.value + (closed ? ", closed)" : ")");
  }

  /** One setting of the value: its identity tells it from another setting of an equal value. */
  private static final class Version<T> {
    final T value;

    Version(T value) {
      this.value = Objects.requireNonNull(value, "value");
    }
  }

  /**
   * One reader of a {@link Watch}, which remembers what it has seen. It needs no close.
   *
   * @param <T> the type of the values
   */
  public static final class Reader<T> {
    private final Watch<T> watch;
    /** What this reader has returned last; its one thread only. */
    private @Nullable Version<T> seen;

    private Reader(Watch<T> watch) {
      this.watch = watch;
    }

    /**
     * Waits until there is a value that this reader has not seen.
     *
     * @param token ends the wait
     * @return the latest value; empty if the watch is closed and its last value was seen
     * @throws io.tidegate.CancelledException if the token, or the calling task's own, is cancelled
     * @throws InterruptedException if the thread is interrupted
     */
    public Optional<T> next(CancellationToken token) throws InterruptedException {
      Waiter waiter = Waiter.on(watch, token);
      if (isTold()) {
        waiter.throwIfCancelled();
        return take();
      }
      Simulator.step("is about to subscribe");
      watch.enqueue(waiter);
      try {
        waiter.await(this::isTold);
      } finally {
        watch.leave(waiter);
      }
      return take();
    }

    /**
     * Waits until there is a value that this reader has not seen, or for a time.
     *
     * @param limit how long at most
     * @param token ends the wait
     * @return the latest value; empty if the time is over, or {@linkplain #isEnded the end has come}
     * @throws io.tidegate.CancelledException if the token, or the calling task's own, is cancelled
     * @throws InterruptedException if the thread is interrupted
     */
    public Optional<T> next(Duration limit, CancellationToken token) throws InterruptedException {
      Waiter waiter = Waiter.on(watch, token);
      if (isTold()) {
        waiter.throwIfCancelled();
        return take();
      }
      Simulator.step("is about to subscribe");
      watch.enqueue(waiter);
      try {
        waiter.await(limit, this::isTold);
      } finally {
        watch.leave(waiter);
      }
      return take();
    }

    /** {@return whether the watch is closed and this reader has seen the last value} */
    public boolean isEnded() {
      return watch.closed && watch.latest == seen; // in this order: I1
    }

    private boolean isTold() {
      return watch.closed || watch.latest != seen;
    }

    /** Reads the latest version after the wait has seen an end, if it has: it is the last one then. */
    private Optional<T> take() {
      Version<T> latest = watch.latest;
      if (latest == seen) {
        return Optional.empty();
      }
      seen = latest;
      return Optional.of(latest.value);
    }
  }
}
