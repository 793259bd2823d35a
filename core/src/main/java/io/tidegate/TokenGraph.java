// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.Simulator;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Attaches to tokens, detaches, and carries a cancel down. */
/*
 * Each token with something attached has one Attachments, whose monitor guards its list of entries, its count of holds and
 * its links. A link is the token's entry in a parent's list.
 *
 * I1  A token with entries is linked to all its parents, and so are they, up to tokens that are told: without parents, of
 *     scopes, of tasks in their gates. See TokenNode, TaskToken.
 * I2  A token whose holds are 0 is linked to no parent: what nobody waits on is referenced by nobody above.
 * I3  After a token has its reason no entry is inserted any more: insert looks at the reason under the monitor, and deliver
 *     takes the monitor after the reason was stored. So an entry is either refused or told.
 * I4  A cancel takes no link out: a child does so itself when nothing is attached to it any more, so after it was told. So
 *     whoever walks down and finds no link has nothing left to tell there, and cancel is complete on return for every
 *     caller, the first or not (T2).
 *
 * attach pins the path from the token up to the first linked ancestor (a pin is a hold without an entry), then links it
 * from the top down, so that a token is only linked when all above it is; then it inserts the entry and drops the pins.
 * A second attacher that meets a linked token may therefore stop there, and its own pin keeps that token linked.
 *
 * Lock order: a child's monitor before a parent's, never more than these two. A child is created after its parents, so
 * this is an order. Loops, no recursion: depth and width are limited by memory only.
 *
 * No lost wake-up: a waiter inserts its entry, then looks at the reason, then parks; a cancel stores the reason, then takes
 * the entries (I3), then unparks. Twin: TokenAttachRaceTest.
 */
final class TokenGraph {
  private TokenGraph() {}

  /** Attaches an entry, unless the token is cancelled; says whether it did. */
  static boolean attach(TokenNode token, Attachments.Entry entry) {
    if (token.isTold() && attachToTold(token, entry)) {
      return true;
    }
    if (token.parentCount() == 1 && token.parent(0) instanceof ScopeToken scope && scope.isAnchored()) {
      return attachBelowScope(token, entry);
    }
    List<TokenNode> pinned = new ArrayList<>(2);
    try {
      boolean linked = pinAndLink(token, pinned);
      Simulator.step("is linked upwards, is about to attach");
      return linked && insert(token, entry);
    } finally {
      for (TokenNode node : pinned) {
        drop(node);
      }
    }
  }

  /** Attaches an entry to a token that need not be linked, unless it has to be by now. */
  private static boolean attachToTold(TokenNode token, Attachments.Entry entry) {
    Attachments attachments = token.attachments();
    Simulator.step("is about to attach to a token that is told");
    synchronized (attachments) {
      if (!token.isTold()) {
        return false;
      }
      attachments.insert(entry);
      return true;
    }
  }

  /**
   * Attaches an entry to a child of a scope's token. That one is linked as long as it is not cancelled, and refuses links
   * after it, so no pin is needed: the child is linked and gets its entry in one hold of its monitor.
   */
  private static boolean attachBelowScope(TokenNode token, Attachments.Entry entry) {
    Simulator.step("is about to link below a scope, and to attach");
    Attachments attachments = token.attachments();
    synchronized (attachments) {
      if (token.storedCancel() != null || !link(token)) {
        return false;
      }
      attachments.insert(entry);
      return true;
    }
  }

  /** Detaches an entry; says whether it was attached, and so was not told of a cancel. */
  static boolean detach(TokenNode token, Attachments.Entry entry) {
    Simulator.step("is about to detach");
    Attachments attachments = token.attachments();
    boolean linkedForNothing;
    synchronized (attachments) {
      if (!attachments.remove(entry)) {
        return false;
      }
      linkedForNothing = attachments.linked && attachments.isIdle();
    }
    if (linkedForNothing) {
      unlinkIdle(token);
    }
    return true;
  }

  /** Links a scope's token for its life; says whether it is, for a token born under a cancelled parent is cancelled. */
  static boolean anchor(ScopeToken token) {
    Attachments attachments = token.attachments();
    synchronized (attachments) {
      attachments.hold(); // the scope's own, until it is released
    }
    boolean linked = link(token); // the parent is a scope's as well: linked, or cancelled
    if (!linked) {
      token.mark(Objects.requireNonNull(token.parent(0).currentCancel()));
    }
    return linked;
  }

  static void releaseAnchor(ScopeToken token) {
    drop(token);
  }

  /** Links the token of a task that leaves its gate, if anything is attached; tells that where the scope is cancelled. */
  static void linkOrDeliver(TaskToken token) {
    Attachments attachments = token.attachments();
    synchronized (attachments) {
      if (attachments.isIdle() || link(token)) {
        return;
      }
    }
    Simulator.step("token of an ended task found its scope cancelled");
    token.currentCancel(); // stores it
    deliver(token);
  }

  /** Tells all that is attached to a cancelled token and to its descendants. */
  static void deliver(TokenNode cancelled) {
    Simulator.step("cancel is stored, is about to be told");
    if (isBare(cancelled)) {
      cancelled.tellOwner();
      return;
    }
    List<TaskImpl<?>> waiting = new ArrayList<>();
    List<TokenNode> order = markDescendants(cancelled, waiting);
    waiting.forEach(TaskImpl::wakeIfWaiting);
    List<Attachments.Entry> told = new ArrayList<>();
    for (int i = order.size() - 1; i >= 0; i--) {
      Simulator.step("is about to tell what is attached");
      tell(order.get(i), told);
    }
    told.forEach(Attachments.Entry::act);
  }

  /** Whether there is nothing to tell but who owns the token. */
  private static boolean isBare(TokenNode token) {
    Attachments attachments = token.attachmentsIfAny();
    return (attachments == null || attachments.isBare())
        && !(token instanceof ScopeToken scope && scope.gate().hasMembers());
  }

  /**
   * Looks for the first cancel above a token, and for deadlines that have passed; stores what it finds in all tokens
   * that it came by (post-order), so that none of them needs to look again.
   */
  static @Nullable Cancel search(TokenNode start) {
    ArrayDeque<Climb> climbs = new ArrayDeque<>();
    climbs.add(new Climb(start));
    Visited visited = new Visited();
    List<TokenNode> expired = new ArrayList<>(0);
    while (!climbs.isEmpty()) {
      Climb climb = climbs.getLast();
      TokenNode node = climb.node;
      boolean known = node.storedCancel() != null || node.isTold();
      if (!known && climb.next < node.parentCount()) {
        visited.begin(node);
        TokenNode parent = node.parent(climb.next++);
        if (visited.add(parent)) {
          climbs.add(new Climb(parent));
        }
      } else {
        climbs.removeLast();
        if (!known && node.settle(firstOfParents(node))) {
          expired.add(node);
        }
      }
    }
    expired.forEach(TokenGraph::deliver);
    return start.storedCancel();
  }

  private static @Nullable Cancel firstOfParents(TokenNode node) {
    Cancel first = null;
    for (int i = 0; i < node.parentCount(); i++) {
      first = Cancel.first(first, node.parent(i).storedCancel());
    }
    return first;
  }

  // ---- attaching

  private static boolean insert(TokenNode token, Attachments.Entry entry) {
    Attachments attachments = token.attachments();
    synchronized (attachments) {
      if (token.storedCancel() != null) {
        return false;
      }
      attachments.insert(entry);
      return true;
    }
  }

  /** Pins the unlinked part of the graph above a token and links it, parents before children (post-order). */
  private static boolean pinAndLink(TokenNode start, List<TokenNode> pinned) {
    if (pin(start, pinned)) {
      return true;
    }
    ArrayDeque<Climb> climbs = new ArrayDeque<>();
    climbs.add(new Climb(start));
    Visited visited = new Visited();
    while (!climbs.isEmpty()) {
      Climb climb = climbs.getLast();
      if (climb.next < climb.node.parentCount()) {
        visited.begin(climb.node);
        TokenNode parent = climb.node.parent(climb.next++);
        if (visited.add(parent) && !pin(parent, pinned)) {
          climbs.add(new Climb(parent));
        }
      } else {
        climbs.removeLast();
        Simulator.step("is about to link a token upwards");
        if (!link(climb.node)) {
          return false;
        }
      }
    }
    return true;
  }

  /** Adds a hold; says whether the token needs no linking. */
  private static boolean pin(TokenNode node, List<TokenNode> pinned) {
    Attachments attachments = node.attachments();
    synchronized (attachments) {
      attachments.hold();
      pinned.add(node);
      return attachments.linked || node.isTold() || (node.parentCount() == 0 && link(node));
    }
  }

  /** Inserts a pinned token's links into its parents' lists, unless one of them is cancelled. */
  private static boolean link(TokenNode node) {
    Attachments attachments = node.attachments();
    synchronized (attachments) {
      if (attachments.linked) {
        return true;
      }
      Attachments.Link chain = null;
      for (int i = node.parentCount() - 1; i >= 0; i--) {
        Attachments.Link link = new Attachments.Link(node, chain);
        if (!insert(node.parent(i), link)) {
          removeLinks(node, chain, i + 1);
          return false;
        }
        chain = link;
      }
      attachments.links = chain;
      attachments.linked = true;
      node.attached();
      return true;
    }
  }

  // ---- detaching

  /** Drops a pin. */
  private static void drop(TokenNode node) {
    Attachments attachments = node.attachments();
    synchronized (attachments) {
      if (!attachments.drop()) {
        return;
      }
    }
    unlinkIdle(node);
  }

  /** Takes a token that nothing is attached to out of its parents' lists, and its parents likewise. */
  private static void unlinkIdle(TokenNode start) {
    TokenNode single = start;
    while (single.parentCount() == 1) {
      if (!unlinkIfIdle(single)) {
        return;
      }
      single = single.parent(0);
    }
    if (single.parentCount() < 2) {
      unlinkIfIdle(single);
      return;
    }
    ArrayDeque<TokenNode> idle = new ArrayDeque<>(2);
    idle.add(single);
    while (!idle.isEmpty()) {
      TokenNode node = idle.removeLast();
      if (unlinkIfIdle(node)) {
        for (int i = 0; i < node.parentCount(); i++) {
          idle.add(node.parent(i));
        }
      }
    }
  }

  /** Takes a token out of its parents' lists if it is in them and nothing is attached to it; says whether it has. */
  private static boolean unlinkIfIdle(TokenNode node) {
    Simulator.step("is about to look whether a token is idle");
    Attachments attachments = node.attachments();
    synchronized (attachments) {
      if (!attachments.isIdle() || !attachments.linked) {
        return false;
      }
      Attachments.Link links = attachments.links;
      attachments.links = null;
      attachments.linked = false;
      node.detached();
      removeLinks(node, links, 0);
      return true;
    }
  }

  /** Takes the links of a chain out, of which the first one is to a given parent. */
  private static void removeLinks(TokenNode node, Attachments.@Nullable Link chain, int firstParent) {
    int parent = firstParent;
    for (Attachments.Link link = chain; link != null; link = link.following) {
      Attachments attachments = node.parent(parent++).attachments();
      synchronized (attachments) {
        attachments.remove(link);
      }
    }
  }

  // ---- cancelling

  /**
   * Gives the cancel to all descendants that are linked, and to the tasks of their scopes. Answers the first with the token
   * itself, each after its parents; of the tasks only those to whose tokens something is attached.
   *
   * @param waiting takes the tasks that wait, of those that are not answered
   */
  private static List<TokenNode> markDescendants(TokenNode cancelled, List<TaskImpl<?>> waiting) {
    List<TokenNode> order = new ArrayList<>();
    Visited visited = new Visited();
    List<TokenNode> children = new ArrayList<>();
    order.add(cancelled);
    for (int i = 0; i < order.size(); i++) {
      TokenNode node = order.get(i);
      Cancel cancel = node.storedCancel();
      if (cancel == null) {
        continue;
      }
      if (node instanceof ScopeToken scope) {
        scope.gate().cancelTasks(cancel, children, waiting);
      }
      Attachments attachments = node.attachmentsIfAny();
      if (attachments != null) {
        synchronized (attachments) {
          attachments.collectChildren(children);
        }
      }
      Simulator.step("has listed the children of a cancelled token");
      for (TokenNode child : children) {
        child.mark(cancel);
        visited.begin(child);
        if (child.parentCount() == 1 || visited.add(child)) {
          order.add(child);
        }
      }
      children.clear();
    }
    return order;
  }

  private static void tell(TokenNode node, List<Attachments.Entry> told) {
    node.tellOwner();
    Attachments attachments = node.attachmentsIfAny();
    if (attachments == null) {
      return;
    }
    boolean more = true;
    while (more) {
      synchronized (attachments) {
        more = attachments.tellBatch(told);
      }
    }
    unlinkIdle(node);
  }

  /** The tokens that a walk has seen; remembers nothing until it meets a token with several parents. */
  private static final class Visited {
    private @Nullable Set<TokenNode> seen;

    /** Told before the parents of a token are looked at: below the first one with several, no token is met twice. */
    void begin(TokenNode node) {
      if (seen == null && node.parentCount() > 1) {
        seen = Collections.newSetFromMap(new IdentityHashMap<>());
      }
    }

    /** Says whether the token was not seen before. */
    boolean add(TokenNode node) {
      return seen == null || seen.add(node);
    }
  }

  /** Where a walk up the graph stands at one token. */
  private static final class Climb {
    final TokenNode node;
    int next;

    Climb(TokenNode node) {
      this.node = node;
    }
  }
}
