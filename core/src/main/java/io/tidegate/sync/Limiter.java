// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import io.tidegate.CancellationToken;
import io.tidegate.ClosedException;
import io.tidegate.Task;
import io.tidegate.TaskKind;
import io.tidegate.carrier.Simulator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Lets only so many work at a time, first come, first served: one limiter for each class of work, or for each tenant.
 *
 * {@snippet class="io.tidegate.sync.Snippets" region="limiter"}
 *
 * <p>A permit is held by the task that acquired it, or by the thread where there is no task. A holder that acquires
 * again is refused at once with an {@link IllegalStateException}: with the last permit in its own hands it would wait
 * for itself.
 *
 * <p>A wait is woken by a permit that is handed over to it, and by {@link #close}. A permit that is handed to a thread
 * whose token was cancelled goes on to the next in line.
 *
 * <p><b>Threads:</b> safe for use by any thread; a permit may be given back by any. Only {@code acquire} blocks.
 *
 * <p><b>Memory consistency effects:</b> what a thread does before it gives a permit back <i>happens-before</i> what
 * another does after it was handed that permit.
 *
 * <p><b>Not promised:</b> to find out that a holder waits for somebody else who waits for a permit of the same limiter.
 */
public final class Limiter implements AutoCloseable {
  /*
   * The lock guards all fields.
   *
   * I1  holders.size() + free == permits. A permit goes from a holder straight to the first in line: 'free' is above 0
   *     only while nobody waits, so nobody overtakes the line.
   * I2  An owner holds one permit at most: acquire looks and takes, or stands in line, in one hold of the lock; and an
   *     owner in line is its thread, which is not elsewhere.
   * I3  A turn is in line until it is granted, or until its thread gives up. Who gives up looks, under the lock,
   *     whether it was granted meanwhile, and then gives the permit back like any holder. So no permit is lost,
   *     whichever step a cancel, a time-out or an interrupt comes at. Twin: LimiterGiveUpRaceTest.
   * I4  After the close nobody is in line.
   *
   * No lost wake-up: a turn is in line before its thread waits; a release grants under the lock, then wakes.
   */
  private final String name;
  private final int permits;
  private final Object lock = new Object();
  private final Map<Object, Permit> holders = new HashMap<>();
  private final LinkedHashSet<Place> line = new LinkedHashSet<>();
  private int free;
  /** Any thread; written under the lock. */
  private volatile boolean closed;

  private Limiter(String name, int permits) {
    this.name = Objects.requireNonNull(name, "name");
    this.permits = permits;
    this.free = permits;
  }

  /**
   * {@return a new limiter}
   *
   * @param name what it limits, for messages
   * @param permits how many may work at a time, at least 1
   * @throws IllegalArgumentException if that is less
   */
  public static Limiter of(String name, int permits) {
    if (permits < 1) {
      throw new IllegalArgumentException("limiter " + name + " needs at least one permit, not " + permits);
    }
    return new Limiter(name, permits);
  }

  /**
   * Waits for a permit.
   *
   * @param token ends the wait
   * @return the permit, to be closed by whoever is done last
   * @throws IllegalStateException if the calling task, or thread, holds a permit of this limiter
   * @throws ClosedException if this is closed, or is before the turn comes
   * @throws io.tidegate.CancelledException if the token, or the calling task's own, is cancelled
   * @throws InterruptedException if the thread is interrupted
   */
  public Permit acquire(CancellationToken token) throws InterruptedException {
    Place place = takeOrStandInLine(token);
    boolean done = false;
    try {
      place.waiter.await(() -> place.isGranted() || closed);
      done = place.isGranted();
    } finally {
      if (!done) {
        giveUp(place);
      }
    }
    return granted(place);
  }

  /**
   * Waits for a permit, or for a time.
   *
   * @param limit how long at most
   * @param token ends the wait
   * @return the permit, to be closed by whoever is done last; empty if the time is over
   * @throws IllegalStateException if the calling task, or thread, holds a permit of this limiter
   * @throws ClosedException if this is closed, or is before the turn comes
   * @throws io.tidegate.CancelledException if the token, or the calling task's own, is cancelled
   * @throws InterruptedException if the thread is interrupted
   */
  public Optional<Permit> acquire(Duration limit, CancellationToken token) throws InterruptedException {
    Place place = takeOrStandInLine(token);
    boolean inTime = false;
    boolean done = false;
    try {
      inTime = place.waiter.await(limit, () -> place.isGranted() || closed);
      done = inTime && place.isGranted();
    } finally {
      if (!done) {
        giveUp(place);
      }
    }
    return inTime ? Optional.of(granted(place)) : Optional.empty();
  }

  /** {@return how many may work at a time} */
  public int permits() {
    return permits;
  }

  /** {@return how many permits are held} */
  public int running() {
    synchronized (lock) {
      return holders.size();
    }
  }

  /**
   * {@return how many permits are held by tasks of a kind}
   *
   * @param kind the kind
   */
  public int running(TaskKind kind) {
    Objects.requireNonNull(kind, "kind");
    return countOfKind(owners(), kind);
  }

  /** {@return how many threads wait for a permit} */
  public int waiting() {
    synchronized (lock) {
      return line.size();
    }
  }

  /**
   * {@return how many tasks of a kind wait for a permit}
   *
   * @param kind the kind
   */
  public int waiting(TaskKind kind) {
    Objects.requireNonNull(kind, "kind");
    List<Object> owners = new ArrayList<>();
    synchronized (lock) {
      line.forEach(place -> owners.add(place.permit.owner));
    }
    return countOfKind(owners, kind);
  }

  /** {@return who holds a permit: tasks, and threads that are in none, in words} */
  public List<String> holders() {
    return owners().stream().map(Object::toString).toList();
  }

  /**
   * Refuses newcomers and ends all waits. Permits that are held stay so, and may be given back; this waits for none of
   * them: to wait until the work is done, close its scope. Idempotent.
   */
  @Override
  public void close() {
    List<Place> ended;
    synchronized (lock) {
      closed = true;
      ended = new ArrayList<>(line);
      line.clear();
    }
    ended.forEach(place -> place.waiter.wake());
  }

  /** {@return whether {@link #close} was called} */
  public boolean isClosed() {
    return closed;
  }

  private Place takeOrStandInLine(CancellationToken token) {
    Object owner = Task.current().<Object>map(task -> task).orElseGet(Thread::currentThread);
    Place place = new Place(this, owner, token);
    Simulator.step("is about to take a permit");
    synchronized (lock) {
      if (holders.containsKey(owner)) {
        throw new IllegalStateException(
            owner + " holds a permit of " + this + " already: acquiring another, it would wait for itself");
      }
      throwIfClosed();
      if (free > 0) {
        free--;
        handTo(place);
      } else {
        line.add(place);
      }
    }
    return place;
  }

  private void handTo(Place place) {
    holders.put(place.permit.owner, place.permit);
    place.grant();
  }

  /** Leaves the line; gives back what was handed over meanwhile. */
  private void giveUp(Place place) {
    Simulator.step("is about to leave the line of a limiter");
    boolean wasGranted;
    synchronized (lock) {
      line.remove(place);
      wasGranted = place.isGranted();
    }
    if (wasGranted) {
      place.permit.close();
    }
  }

  private Permit granted(Place place) {
    if (!place.isGranted()) {
      throwIfClosed();
    }
    return place.permit;
  }

  private void throwIfClosed() {
    if (closed) {
      throw new ClosedException(this + " gives no permit any more");
    }
  }

  private void release(Permit permit) {
    Simulator.step("is about to give a permit back");
    Place next;
    synchronized (lock) {
      if (!holders.remove(permit.owner, permit)) {
        return;
      }
      next = takeFirst();
      if (next == null) {
        free++;
      } else {
        handTo(next);
      }
    }
    if (next != null) {
      Simulator.step("has handed a permit over, is about to wake");
      next.waiter.wake();
    }
  }

  private @Nullable Place takeFirst() {
    Iterator<Place> places = line.iterator();
    if (!places.hasNext()) {
      return null;
    }
    Place first = places.next();
    places.remove();
    return first;
  }

  private List<Object> owners() {
    synchronized (lock) {
      return new ArrayList<>(holders.keySet());
    }
  }

  /** Called under no lock: a kind's equals is code of the user. */
  private static int countOfKind(List<Object> owners, TaskKind kind) {
    return (int) owners.stream().filter(owner -> owner instanceof Task<?> task && task.kind().equals(kind)).count();
  }

  @Override
  public String toString() {
    return "limiter " + name + " (" + running() + " of " + permits + " running, " + waiting() + " waiting"
        + (closed ? ", closed)" : ")");
  }

  /** A held permit. */
  public static final class Permit implements AutoCloseable {
    private final Limiter limiter;
    private final Object owner;

    private Permit(Limiter limiter, Object owner) {
      this.limiter = limiter;
      this.owner = owner;
    }

    /** Gives the permit back, to the first who waits. Any thread may, and giving it back twice is harmless. */
    @Override
    public void close() {
      limiter.release(this);
    }

    @Override
    public String toString() {
      return "permit of limiter " + limiter.name + " held by " + owner;
    }
  }

  private static final class Place extends Turn {
    final Permit permit;

    Place(Limiter limiter, Object owner, CancellationToken token) {
      super(limiter, token);
      permit = new Permit(limiter, owner);
    }
  }
}
