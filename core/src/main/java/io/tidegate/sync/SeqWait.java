// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import io.tidegate.CancellationToken;
import io.tidegate.ClosedException;
import io.tidegate.Waiter;
import io.tidegate.carrier.Simulator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.TreeSet;

/**
 * A number that only grows, and threads that wait until it has reached theirs: a position in a log, say.
 *
 * {@snippet class="io.tidegate.sync.Snippets" region="seqwait"}
 *
 * <p>A wait is woken by the {@link #advance} that reaches its number, and by {@link #close}. What is reached stays
 * reached: it is answered after the close too, and {@code advance} goes on to work then.
 *
 * <p><b>Threads:</b> safe for use by any thread; any may advance, the largest number counts. Only {@code await} blocks.
 *
 * <p><b>Memory consistency effects:</b> what a thread does before {@link #advance} <i>happens-before</i> what another
 * does after it saw the number reached.
 *
 * <p><b>Not promised:</b> in which order those who wait for reached numbers go on.
 */
public final class SeqWait implements AutoCloseable {
  /*
   * The lock guards 'waiting' and all writes; 'current' and 'closed' are volatile, so that looking takes no lock.
   *
   * I1  'current' never falls, 'closed' never goes back.
   * I2  Whoever is in 'waiting' waits for a number above 'current', and is in it only while not closed: enqueue looks
   *     and adds in one hold of the lock, advance and close write and take out in one.
   * I3  A waiter that gives up takes itself out before its await returns or throws.
   *
   * No lost wake-up: by I2 a waiter is either refused a place, because its wait is over, or found by whoever ends it.
   * The wakes come after the lock is released; what they announce was written before.
   */
  private final String name;
  private final Object lock = new Object();
  /**
   * By number, then by arrival: to leave, or to be reached, costs the logarithm of their number. Guarded by the lock.
   */
  private final TreeSet<Place> waiting = new TreeSet<>();
  /** How many have come so far; guarded by the lock. */
  private long arrivals;
  /** Any thread; written under the lock. */
  private volatile long current;
  private volatile boolean closed;

  private SeqWait(String name, long start) {
    this.name = name;
    this.current = start;
  }

  /**
   * {@return a new number}
   *
   * @param name what the number is, for messages
   * @param start what is reached already
   */
  public static SeqWait startingAt(String name, long start) {
    return new SeqWait(Objects.requireNonNull(name, "name"), start);
  }

  /** {@return the number that is reached} */
  public long current() {
    return current;
  }

  /**
   * Raises the number and wakes all who wait for it or for less. A number that is reached already changes nothing.
   *
   * @param number what is reached now
   * @return what was reached before
   */
  public long advance(long number) {
    Simulator.step("is about to advance a number");
    long before;
    List<Place> reached;
    synchronized (lock) {
      before = current;
      if (number <= before) {
        return before;
      }
      current = number;
      reached = takeReached();
    }
    Simulator.step("number has advanced, is about to wake");
    wake(reached);
    return before;
  }

  private List<Place> takeReached() {
    List<Place> reached = new ArrayList<>();
    while (!waiting.isEmpty() && waiting.first().number <= current) {
      reached.add(waiting.pollFirst());
    }
    return reached;
  }

  /**
   * Waits until a number is reached.
   *
   * @param number what to wait for
   * @param token ends the wait
   * @throws ClosedException if this is closed before the number is reached
   * @throws io.tidegate.CancelledException if the token, or the calling task's own, is cancelled
   * @throws InterruptedException if the thread is interrupted
   */
  public void await(long number, CancellationToken token) throws InterruptedException {
    Place place = enqueue(number, token);
    try {
      place.waiter.await(() -> isOver(number));
    } finally {
      leave(place);
    }
    throwUnlessReached(number);
  }

  /**
   * Waits until a number is reached, or for a time.
   *
   * @param number what to wait for
   * @param limit how long at most
   * @param token ends the wait
   * @return whether the number is reached; false if the time is over
   * @throws ClosedException if this is closed before the number is reached
   * @throws io.tidegate.CancelledException if the token, or the calling task's own, is cancelled
   * @throws InterruptedException if the thread is interrupted
   */
  public boolean await(long number, Duration limit, CancellationToken token) throws InterruptedException {
    Place place = enqueue(number, token);
    boolean over;
    try {
      over = place.waiter.await(limit, () -> isOver(number));
    } finally {
      leave(place);
    }
    if (over) {
      throwUnlessReached(number);
    }
    return over;
  }

  /** Ends all waits for what is not reached, now and in future. Idempotent; waits for nobody. */
  @Override
  public void close() {
    List<Place> ended;
    synchronized (lock) {
      closed = true;
      ended = new ArrayList<>(waiting);
      waiting.clear();
    }
    wake(ended);
  }

  /** {@return whether {@link #close} was called} */
  public boolean isClosed() {
    return closed;
  }

  /** {@return the lowest number that somebody waits for; empty if nobody waits} */
  public OptionalLong lowestAwaited() {
    synchronized (lock) {
      return waiting.isEmpty() ? OptionalLong.empty() : OptionalLong.of(waiting.first().number);
    }
  }

  /** {@return how many threads wait} */
  public int waiting() {
    synchronized (lock) {
      return waiting.size();
    }
  }

  private boolean isOver(long number) {
    return current >= number || closed;
  }

  private void throwUnlessReached(long number) {
    if (current < number) {
      throw new ClosedException(this + " will not reach " + number);
    }
  }

  private Place enqueue(long number, CancellationToken token) {
    Waiter waiter = Waiter.on(this, token);
    Simulator.step("is about to stand in the line of a number");
    synchronized (lock) {
      Place place = new Place(number, arrivals++, waiter);
      if (!isOver(number)) {
        waiting.add(place);
      }
      return place;
    }
  }

  private void leave(Place place) {
    synchronized (lock) {
      waiting.remove(place);
    }
  }

  private static void wake(List<Place> places) {
    for (Place place : places) {
      place.waiter.wake();
    }
  }

  @Override
  public String toString() {
    return name + " (at " + current + (closed ? ", closed)" : ")");
  }

  /** Where one thread stands among those who wait. */
  private record Place(long number, long arrival, Waiter waiter) implements Comparable<Place> {
    @Override
    public int compareTo(Place other) {
      int byNumber = Long.compare(number, other.number);
      return byNumber != 0 ? byNumber : Long.compare(arrival, other.arrival);
    }
  }
}
