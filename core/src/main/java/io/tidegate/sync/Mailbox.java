// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.ClosedException;
import io.tidegate.carrier.Simulator;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A bounded queue between tasks, in which what does not fit may be merged with what waits already.
 *
 * {@snippet class="io.tidegate.sync.Snippets" region="mailbox"}
 *
 * <p><b>No item is lost by a cancel.</b> When {@code send} returns, the item is in the mailbox or with a receiver; when
 * it throws, it is still the caller's. When {@code receive} throws, it has taken nothing: an item that is handed over
 * in the instant of a cancel is returned, and the next wait throws.
 *
 * <p><b>Both ends notice the other's end.</b> After {@link #closeSending} receivers get what is left, and then the end.
 * After {@link #closeReceiving} every {@code send} throws {@link ClosedException}, and what is left goes to the one who
 * closed, who may have to release it.
 *
 * <p>A waiting sender is woken by room, a waiting receiver by an item, both by the close of either end. Senders get
 * their turns in the order in which they came, receivers too, and items are received in the order in which they were
 * sent.
 *
 * <p><b>Threads:</b> safe for use by any thread; there may be several senders and several receivers.
 *
 * <p><b>Memory consistency effects:</b> what a thread does before it sends an item <i>happens-before</i> what another
 * does after it received that item, or one into which it was merged.
 *
 * @param <T> the type of the items
 */
public final class Mailbox<T> {
  /*
   * The lock guards all fields.
   *
   * I1  items.size() <= capacity.
   * I2  While a sender is in line, 'items' is full, and no other sender gets in before it, nor merges.
   * I3  While a receiver is in line, 'items' is empty: an item goes straight to the first of them.
   * I4  An item is in one place at a time: with its sender; in 'items'; with a receiver. A sender's turn is granted,
   *     under the lock, in the step that moves its item. A receiver's, in the step that gives it one.
   * I5  Who gives up looks, under the lock, whether its turn was granted meanwhile; then it has sent, or has received,
   *     and returns so, whatever it was that ended the wait. Twin: MailboxGiveUpRaceTest.
   * I6  No item enters after the close of either end, and nobody is in line after the close of the receiving end. After
   *     the close of the sending end, no sender is in line.
   *
   * A merge runs under no lock: it is offered the last item, and its result replaces that item only if it is still the
   * last one of a full queue. So its arguments must stay as they are.
   *
   * No lost wake-up: a turn is in line before its thread waits; the other side grants it under the lock, then wakes.
   */
  private final String name;
  private final int capacity;
  private final @Nullable Fold<T> fold;
  private final Object lock = new Object();
  private final ArrayDeque<T> items = new ArrayDeque<>();
  private final LinkedHashSet<Outgoing<T>> senders = new LinkedHashSet<>();
  private final LinkedHashSet<Incoming<T>> receivers = new LinkedHashSet<>();
  /** Any thread; written under the lock. */
  private volatile boolean sendingClosed;
  private volatile boolean receivingClosed;

  /**
   * Merges two items into one.
   *
   * @param <T> the type of the items
   */
  @FunctionalInterface
  public interface Fold<T> {
    /**
     * Merges an item into the last one of a full mailbox. It must change neither of them, and have no effects: its
     * result is dropped where the last item was received meanwhile. It runs in the sending thread.
     *
     * @param last the last item in the mailbox
     * @param added the item to be sent
     * @return an item that stands for both; empty if they cannot be merged, and the sender has to wait
     */
    Optional<T> merge(T last, T added);
  }

  private Mailbox(String name, int capacity, @Nullable Fold<T> fold) {
    this.name = Objects.requireNonNull(name, "name");
    this.capacity = capacity;
    this.fold = fold;
    if (capacity < 1) {
      throw new IllegalArgumentException("mailbox " + name + " needs room for at least one item, not " + capacity);
    }
  }

  /**
   * {@return a new mailbox, whose senders wait while it is full}
   *
   * @param name what it is, for messages
   * @param capacity how many items it holds, at least 1
   * @param <T> the type of the items
   * @throws IllegalArgumentException if that is less
   */
  public static <T> Mailbox<T> of(String name, int capacity) {
    return new Mailbox<>(name, capacity, null);
  }

  /**
   * {@return a new mailbox, whose senders merge their items while it is full, and wait where that cannot be}
   *
   * @param name what it is, for messages
   * @param capacity how many items it holds, at least 1
   * @param fold merges two items
   * @param <T> the type of the items
   * @throws IllegalArgumentException if the capacity is less than 1
   */
  public static <T> Mailbox<T> folding(String name, int capacity, Fold<T> fold) {
    return new Mailbox<>(name, capacity, Objects.requireNonNull(fold, "fold"));
  }

  // ---- sending

  /**
   * Sends an item; waits while the mailbox is full.
   *
   * @param item what to send
   * @param token ends the wait
   * @throws ClosedException if either end is closed, or is before there is room; the item is still the caller's
   * @throws CancelledException if the token, or the calling task's own, is cancelled; the item is still the caller's
   * @throws InterruptedException if the thread is interrupted; the item is still the caller's
   */
  public void send(T item, CancellationToken token) throws InterruptedException {
    Outgoing<T> turn = new Outgoing<>(this, Objects.requireNonNull(item, "item"), token);
    turn.waiter.throwIfCancelled();
    if (!put(item, turn)) {
      await(turn, () -> turn.waiter.await(() -> isSendOver(turn)));
      if (!turn.isGranted()) {
        throwIfClosed();
      }
    }
  }

  /**
   * Sends an item; waits while the mailbox is full, and no longer than for a time.
   *
   * @param item what to send
   * @param limit how long at most
   * @param token ends the wait
   * @return whether it was sent; if not, the time is over and the item is still the caller's
   * @throws ClosedException if either end is closed, or is before there is room; the item is still the caller's
   * @throws CancelledException if the token, or the calling task's own, is cancelled; the item is still the caller's
   * @throws InterruptedException if the thread is interrupted; the item is still the caller's
   */
  public boolean send(T item, Duration limit, CancellationToken token) throws InterruptedException {
    Outgoing<T> turn = new Outgoing<>(this, Objects.requireNonNull(item, "item"), token);
    turn.waiter.throwIfCancelled();
    if (!put(item, turn)) {
      await(turn, () -> turn.waiter.await(limit, () -> isSendOver(turn)));
      if (!turn.isGranted()) {
        throwIfClosed();
        return false;
      }
    }
    return true;
  }

  /**
   * Sends an item if that needs no wait.
   *
   * @param item what to send
   * @return whether it was sent, or merged; if not, it is still the caller's
   * @throws ClosedException if either end is closed
   */
  public boolean offer(T item) {
    return put(Objects.requireNonNull(item, "item"), null);
  }

  /** What became of an item that somebody wants to put. */
  private enum Entry {
    /** It is in the mailbox, or with a receiver. */
    PUT,
    /** There is no room: its turn is in line, if it has one. */
    WAITS,
    /** There is no room, but an item with which it has not been found impossible to merge. */
    MAY_MERGE
  }

  /** Puts or merges an item, else lets its turn stand in line, if there is one; says whether the item is sent. */
  private boolean put(T item, @Nullable Outgoing<T> turn) {
    T refused = null;
    while (true) {
      Entry entry = enter(item, turn, refused);
      if (entry != Entry.MAY_MERGE) {
        return entry == Entry.PUT;
      }
      T last = last();
      if (last != null) {
        Simulator.step("is about to merge");
        Optional<T> merged = Objects.requireNonNull(fold).merge(last, item);
        if (merged.isPresent() && replaceLast(last, merged.get())) {
          return true;
        }
        refused = merged.isEmpty() ? last : refused;
      }
    }
  }

  private Entry enter(T item, @Nullable Outgoing<T> turn, @Nullable T refused) {
    Simulator.step("is about to send");
    Incoming<T> receiver;
    synchronized (lock) {
      throwIfClosed();
      receiver = takeFirst(receivers);
      if (receiver != null) {
        receiver.give(item);
      } else if (items.size() < capacity) {
        items.addLast(item);
      } else if (fold != null && senders.isEmpty() && items.peekLast() != refused) {
        return Entry.MAY_MERGE;
      } else {
        if (turn != null) {
          senders.add(turn);
        }
        return Entry.WAITS;
      }
    }
    wake(receiver);
    return Entry.PUT;
  }

  private @Nullable T last() {
    synchronized (lock) {
      return items.peekLast();
    }
  }

  private boolean replaceLast(T last, T merged) {
    synchronized (lock) {
      throwIfClosed();
      if (!senders.isEmpty() || items.size() < capacity || items.peekLast() != last) {
        return false;
      }
      items.removeLast();
      items.addLast(merged);
      return true;
    }
  }

  // ---- receiving

  /**
   * Receives the first item; waits while there is none.
   *
   * @param token ends the wait
   * @return the item; empty if the sending end is closed and nothing is left
   * @throws ClosedException if the receiving end is closed
   * @throws CancelledException if the token, or the calling task's own, is cancelled
   * @throws InterruptedException if the thread is interrupted
   */
  public Optional<T> receive(CancellationToken token) throws InterruptedException {
    Incoming<T> turn = new Incoming<>(this, token);
    turn.waiter.throwIfCancelled();
    if (!take(turn)) {
      await(turn, () -> turn.waiter.await(() -> isReceiveOver(turn)));
    }
    return received(turn);
  }

  /**
   * Receives the first item; waits while there is none, and no longer than for a time.
   *
   * @param limit how long at most
   * @param token ends the wait
   * @return the item; empty if the time is over, or {@linkplain #isDrained the end has come}
   * @throws ClosedException if the receiving end is closed
   * @throws CancelledException if the token, or the calling task's own, is cancelled
   * @throws InterruptedException if the thread is interrupted
   */
  public Optional<T> receive(Duration limit, CancellationToken token) throws InterruptedException {
    Incoming<T> turn = new Incoming<>(this, token);
    turn.waiter.throwIfCancelled();
    if (!take(turn)) {
      await(turn, () -> turn.waiter.await(limit, () -> isReceiveOver(turn)));
    }
    return received(turn);
  }

  /**
   * Receives the first item if there is one.
   *
   * @return the item; empty if there is none now
   * @throws ClosedException if the receiving end is closed
   */
  public Optional<T> poll() {
    Simulator.step("is about to receive");
    T item;
    Outgoing<T> admitted;
    synchronized (lock) {
      throwIfReceivingClosed();
      item = items.pollFirst();
      admitted = admitSender();
    }
    wake(admitted);
    return Optional.ofNullable(item);
  }

  /** Takes an item into the turn, or lets it stand in line; says whether its wait is over. */
  private boolean take(Incoming<T> turn) {
    Simulator.step("is about to receive");
    Outgoing<T> admitted;
    synchronized (lock) {
      throwIfReceivingClosed();
      T item = items.pollFirst();
      if (item == null) {
        if (!sendingClosed) {
          receivers.add(turn);
        }
        return sendingClosed;
      }
      turn.give(item);
      admitted = admitSender();
    }
    wake(admitted);
    return true;
  }

  /** Lets the first waiting sender in, if there is room, under the lock; the caller wakes it after that. */
  private @Nullable Outgoing<T> admitSender() {
    Outgoing<T> sender = items.size() < capacity ? takeFirst(senders) : null;
    if (sender != null) {
      items.addLast(sender.item);
      sender.grant();
    }
    return sender;
  }

  private Optional<T> received(Incoming<T> turn) {
    T item = turn.item;
    if (item == null) {
      throwIfReceivingClosed();
    }
    return Optional.ofNullable(item);
  }

  // ---- the ends

  /** Says that nothing will be sent any more: receivers get what is left, and then the end. Idempotent. */
  public void closeSending() {
    List<Turn> ended = new ArrayList<>();
    synchronized (lock) {
      sendingClosed = true;
      ended.addAll(senders);
      ended.addAll(receivers);
      senders.clear();
      receivers.clear();
    }
    ended.forEach(turn -> turn.waiter.wake());
  }

  /**
   * Says that nothing will be received any more. Idempotent.
   *
   * @return what was sent and not received, in order: it is the caller's now
   */
  public List<T> closeReceiving() {
    List<Turn> ended = new ArrayList<>();
    List<T> left;
    synchronized (lock) {
      receivingClosed = true;
      left = new ArrayList<>(items);
      items.clear();
      ended.addAll(senders);
      ended.addAll(receivers);
      senders.clear();
      receivers.clear();
    }
    ended.forEach(turn -> turn.waiter.wake());
    return left;
  }

  /** {@return whether either end is closed, so that nothing can be sent any more} */
  public boolean isClosed() {
    return sendingClosed || receivingClosed;
  }

  /** {@return whether either end is closed and no item is left, so that nothing can be received any more} */
  public boolean isDrained() {
    synchronized (lock) {
      return isClosed() && items.isEmpty();
    }
  }

  /** {@return how many items are in the mailbox; those of waiting senders do not count} */
  public int size() {
    synchronized (lock) {
      return items.size();
    }
  }

  /** How many threads wait. */
  int waiting() {
    synchronized (lock) {
      return senders.size() + receivers.size();
    }
  }

  private void throwIfClosed() {
    if (isClosed()) {
      throw new ClosedException(this + " takes no item any more");
    }
  }

  private void throwIfReceivingClosed() {
    if (receivingClosed) {
      throw new ClosedException(this + " gives no item any more");
    }
  }

  // ---- waiting

  private boolean isSendOver(Outgoing<T> turn) {
    return turn.isGranted() || isClosed();
  }

  private boolean isReceiveOver(Incoming<T> turn) {
    return turn.isGranted() || isClosed();
  }

  /** A wait of one turn. */
  private interface Wait {
    void run() throws InterruptedException;
  }

  /** Waits, and takes the turn out of its line; what was granted is kept, whatever it was that ended the wait. */
  private void await(Turn turn, Wait wait) throws InterruptedException {
    try {
      wait.run();
      leave(turn);
    } catch (CancelledException cancelled) {
      if (!leave(turn)) {
        throw cancelled;
      }
    } catch (InterruptedException interrupt) {
      if (!leave(turn)) {
        throw interrupt;
      }
      Thread.currentThread().interrupt();
    }
  }

  /** Takes a turn out of its line; says whether it was granted. */
  private boolean leave(Turn turn) {
    Simulator.step("is about to leave the line of a mailbox");
    synchronized (lock) {
      senders.remove(turn);
      receivers.remove(turn);
      return turn.isGranted();
    }
  }

  private static void wake(@Nullable Turn turn) {
    if (turn != null) {
      Simulator.step("has granted a turn, is about to wake");
      turn.waiter.wake();
    }
  }

  private static <E> @Nullable E takeFirst(Set<E> line) {
    Iterator<E> turns = line.iterator();
    if (!turns.hasNext()) {
      return null;
    }
    E first = turns.next();
    turns.remove();
    return first;
  }

  @Override
  public String toString() {
    return "mailbox " + name + " (" + size() + " of " + capacity
        + (sendingClosed ? ", sending closed" : "") + (receivingClosed ? ", receiving closed" : "") + ")";
  }

  /** A sender's turn, with its item. */
  private static final class Outgoing<T> extends Turn {
    final T item;

    Outgoing(Mailbox<T> mailbox, T item, CancellationToken token) {
      super(mailbox, token);
      this.item = item;
    }
  }

  /** A receiver's turn, and what it got. */
  private static final class Incoming<T> extends Turn {
    /** Written before the turn is granted. */
    private volatile @Nullable T item;

    Incoming(Mailbox<T> mailbox, CancellationToken token) {
      super(mailbox, token);
    }

    void give(T given) {
      item = given;
      grant();
    }
  }
}
