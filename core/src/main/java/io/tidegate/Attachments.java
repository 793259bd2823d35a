// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is attached to one token: threads that wait, callbacks, and the children that have some. Its monitor guards all of it. */
final class Attachments {
  /** How many entries one hold of the monitor tells, so that others get a turn. */
  private static final int BATCH = 64;

  /** Heads of two doubly linked lists: who is told of a cancel, and the children that pass it on. */
  private @Nullable Entry firstTold;
  private @Nullable Entry firstLink;
  /** Entries, and threads that are attaching one: while there are any, the token stays linked to its parents. */
  private int holds;
  /** Whether this token is in its parents' lists, as far as it has parents. */
  boolean linked;
  /** The chain of its entries in them, in the order of the parents; null while it is in none. */
  @Nullable Link links;

  void hold() {
    holds++;
  }

  /** Drops a hold and says whether it was the last one. */
  boolean drop() {
    return --holds == 0;
  }

  boolean isIdle() {
    return holds == 0;
  }

  /** Whether nobody is to be told of a cancel, and no child passes it on. Enters the monitor by itself. */
  synchronized boolean isBare() {
    return firstTold == null && firstLink == null;
  }

  void insert(Entry entry) {
    Entry after = entry instanceof Link ? firstLink : firstTold;
    entry.next = after;
    if (after != null) {
      after.previous = entry;
    }
    setHead(entry, entry);
    entry.attached = true;
    holds++;
  }

  /** Takes an entry out; says whether it was in. */
  boolean remove(Entry entry) {
    if (!entry.attached) {
      return false;
    }
    Entry before = entry.previous;
    Entry after = entry.next;
    if (before == null) {
      setHead(entry, after);
    } else {
      before.next = after;
    }
    if (after != null) {
      after.previous = before;
    }
    entry.previous = null;
    entry.next = null;
    entry.attached = false;
    holds--;
    return true;
  }

  private void setHead(Entry ofKind, @Nullable Entry head) {
    if (ofKind instanceof Link) {
      firstLink = head;
    } else {
      firstTold = head;
    }
  }

  /** Adds the tokens of all links to {@code children}. */
  void collectChildren(List<TokenNode> children) {
    for (Entry entry = firstLink; entry != null; entry = entry.next) {
      children.add(((Link) entry).child);
    }
  }

  /** Takes out and tells up to a batch of entries, not the links; says whether there may be more. */
  boolean tellBatch(List<Entry> told) {
    for (int i = 0; i < BATCH; i++) {
      Entry entry = firstTold;
      if (entry == null) {
        return false;
      }
      remove(entry);
      entry.tell();
      told.add(entry);
    }
    return true;
  }

  /** One entry of the list. */
  abstract static class Entry {
    private @Nullable Entry previous;
    private @Nullable Entry next;
    private boolean attached;

    /** Told that the token is cancelled, under its monitor: wakes or claims, and runs no user code. */
    abstract void tell();

    /** Called after {@link #tell}, when all of the graph is told, under no lock: for what may run code of others. */
    void act() {}
  }

  /** A child that has entries of its own. */
  static final class Link extends Entry {
    final TokenNode child;
    /** The child's entry in the list of its next parent. */
    final @Nullable Link following;

    Link(TokenNode child, @Nullable Link following) {
      this.child = child;
      this.following = following;
    }

    @Override
    void tell() {
      throw new AssertionError("a link is not told, its child is");
    }
  }

  /** A thread that waits. */
  static final class WaitingThread extends Entry {
    private final Thread thread;

    WaitingThread(Thread thread) {
      this.thread = thread;
    }

    @Override
    void tell() {
      Waiting.unpark(thread);
    }
  }
}
