// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.PoolClock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** A gate: a list of members, a level, and itself a member of its parent's list until it is closed. */
final class GateImpl extends Member implements Gate {
  /*
   *   from       to         by                          how                        wakes
   *   OPEN       DRAINING   a graceful close            beginDrain, top down       -
   *   OPEN       CLOSING    a close                     beginClose, top down       -
   *   DRAINING   CLOSING    a close                     beginClose, top down       -
   *   CLOSING    EMPTY      whoever finds the list empty: the last leaver, or beginClose itself; it has cancelled the
   *                         scope's token before, whose callbacks may have entered meanwhile
   *   EMPTY      CLOSED     the same thread, or the one that it started to run the scope's close steps;
   *                         then this gate leaves its parent's list                all closers
   *
   * The lock guards the list, the count and every change of the level; it is never held while another gate's is taken, nor
   * while code of the user or a token's monitor is entered. (A token's monitor may be held when this lock is taken.)
   *
   * I1  The level never falls.
   * I2  enter adds a member only at OPEN, or at DRAINING for those inside the draining tree; admit only below EMPTY. Both
   *     test and add under the lock, so a member is either added before the level rose, and waited for, or refused.
   * I3  Exactly one thread makes the step to EMPTY: it is taken under the lock, when the count is 0 at CLOSING, by the
   *     one that has claimed it there. So a scope that is closed has a cancelled token, and all its callbacks have run.
   * I4  A gate is in its parent's list from its creation until it is CLOSED. So a parent's count is not 0 while any
   *     descendant is not closed, and enter touches no ancestor.
   * I5  Closing is carried on by those who leave, not by those who wait: a closer that gives up changes nothing.
   *
   * No lost wake-up: a closer adds itself to 'closers' before it reads the level; finish sets the level before it wakes them.
   */
  static final int OPEN = 0;
  static final int DRAINING = 1;
  static final int CLOSING = 2;
  static final int EMPTY = 3;
  static final int CLOSED = 4;

  private final String path;
  private final String name;
  private final Object lock = new Object();
  private final WaitList closers = new WaitList();
  /** The scope whose gate this is; written once by its constructor, before the gate is known to others. */
  private @Nullable ScopeImpl scope;

  /** Sentinel of the circular list of members; guarded by the lock. */
  private final Member list = new Sentinel();
  /** Length of the list; guarded by the lock. */
  private int count;
  /** Whether a thread has claimed the step to EMPTY and not decided yet; guarded by the lock. */
  private boolean emptying;
  /** Any thread; written under the lock. */
  private volatile int level = OPEN;
  /** What the closing has seen so far; written under the lock when the level first rises. */
  private volatile @Nullable CloseLog closeLog;

  GateImpl(@Nullable GateImpl parent, String name) {
    super(parent);
    this.name = Objects.requireNonNull(name, "name");
    this.path = parent == null ? name : parent.path + "/" + name;
    list.previous = list;
    list.next = list;
    enteredAt(Current.clock().nanoTime());
  }

  // ---- the contract

  @Override
  public GateImpl child(String childName) {
    GateImpl child = new GateImpl(this, childName);
    addChild(child);
    return child;
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public Guard enter(String holder) {
    GuardImpl guard = new GuardImpl(this, holder);
    enter(guard);
    return guard;
  }

  @Override
  public Optional<Guard> tryEnter(String holder) {
    GuardImpl guard = new GuardImpl(this, holder);
    return add(guard) ? Optional.of(guard) : Optional.empty();
  }

  @Override
  public <T> T call(String holder, Callable<T> body) throws Exception {
    Guard guard = enter(holder);
    try {
      return body.call();
    } finally {
      guard.close();
    }
  }

  @Override
  public void run(String holder, Runnable body) {
    Guard guard = enter(holder);
    try {
      body.run();
    } finally {
      guard.close();
    }
  }

  @Override
  public void beginClose() {
    beginClose(() -> {});
  }

  /** Begins to close: refuses everybody, then cancels, and only then lets go what is empty. */
  void beginClose(Runnable cancel) {
    List<GateImpl> raised = raise(CLOSING);
    try {
      cancel.run();
    } finally {
      raised.forEach(GateImpl::carryOnIfEmpty);
    }
  }

  @Override
  public void close() {
    refuseOwnClose();
    beginClose();
    awaitClosed(Current.clock(), Waiting.NO_DEADLINE);
  }

  @Override
  public CloseReport close(Duration limit) {
    PoolClock clock = Current.clock();
    long deadline = Waiting.deadline(clock, limit);
    refuseOwnClose();
    beginClose();
    awaitClosed(clock, deadline);
    return report();
  }

  @Override
  public boolean isClosing() {
    return level >= DRAINING;
  }

  @Override
  public boolean isClosed() {
    return level == CLOSED;
  }

  @Override
  public List<Holder> holders() {
    long now = Current.clock().nanoTime();
    return members().stream().map(member -> Holder.of(member, member.gate().path, now)).toList();
  }

  // ---- entering and leaving

  void ownedBy(ScopeImpl owner) {
    scope = owner;
  }

  @Nullable ScopeImpl scope() {
    return scope;
  }

  void enter(Member member) {
    if (!add(member)) {
      throw new GateClosedException(
          this + " refuses " + member.holderName() + ": closing has " + (isClosed() ? "ended" : "begun"));
    }
  }

  void addChild(GateImpl child) {
    enter(child);
    // The level may have risen since, and that walk down may have come too early to find the child.
    if (level > OPEN) {
      child.raise(Math.min(level, CLOSING)).forEach(GateImpl::carryOnIfEmpty);
    }
  }

  private boolean add(Member member) {
    member.enteredAt(Current.clock().nanoTime());
    synchronized (lock) {
      if (level > DRAINING || (level == DRAINING && !isCallerInside())) {
        return false;
      }
      link(member);
      return true;
    }
  }

  /** Adds a member that those inside have caused, though newcomers are refused; false if nobody is inside any more. */
  boolean admit(Member member) {
    member.enteredAt(Current.clock().nanoTime());
    synchronized (lock) {
      if (level >= EMPTY) {
        return false;
      }
      link(member);
      return true;
    }
  }

  /** Shows those who look who runs the scope's close steps: a member that nobody waits for, to leave before the end. */
  void showReleasing(Member member) {
    member.enteredAt(Current.clock().nanoTime());
    synchronized (lock) {
      link(member);
    }
  }

  /** Takes a member out, if it is in; the last one out carries the closing on, through all ancestors that it empties. */
  void leave(Member leaver) {
    GateImpl gate = this;
    Member member = leaver;
    while (gate.remove(member)) {
      if (gate.scope != null && !gate.scope.released()) {
        return; // its close steps run on a thread of their own, which calls finish()
      }
      gate.setClosed();
      if (!gate.inGate()) {
        return;
      }
      member = gate;
      gate = gate.gate();
    }
  }

  /** Goes on where {@link #leave} left off: the scope's close steps have run. */
  void finish() {
    setClosed();
    if (inGate()) {
      gate().leave(this);
    }
  }

  /** Takes a member out; says whether this made the closing gate EMPTY, which the caller must carry on. */
  private boolean remove(Member member) {
    CloseLog log;
    boolean emptied;
    synchronized (lock) {
      if (member.next == null) {
        return false;
      }
      unlink(member);
      log = closeLog;
      emptied = claimEmpty();
    }
    if (log != null && member.isWaitedFor()) {
      log.left(member);
      tellLeaver(member);
    }
    return emptied && becomeEmpty();
  }

  /** Lets the slow closes of this gate and of its ancestors tell that a member has left. */
  private void tellLeaver(Member member) {
    GateImpl closing = this;
    while (closing.level >= DRAINING) {
      closing.closeLog().story().tellLeaver(closing, member, Current.clock());
      if (!closing.inGate()) {
        return;
      }
      closing = closing.gate();
    }
  }

  /** Claims the step to EMPTY if nobody is left; under the lock. Who claims it calls {@link #becomeEmpty}. */
  private boolean claimEmpty() {
    if (level != CLOSING || count > 0 || emptying) {
      return false;
    }
    emptying = true;
    return true;
  }

  /** Makes the claimed step to EMPTY, unless the cancel let callbacks in: the last of them claims it again. */
  private boolean becomeEmpty() {
    if (scope != null) {
      scope.cancelAsClosed();
    }
    synchronized (lock) {
      emptying = false;
      if (count > 0) {
        return false;
      }
      level = EMPTY;
      return true;
    }
  }

  private void setClosed() {
    synchronized (lock) {
      level = CLOSED;
    }
    CloseLog log = Objects.requireNonNull(closeLog);
    log.closed();
    if (inGate()) {
      CloseLog parentLog = gate().closeLog;
      if (parentLog != null) {
        parentLog.add(log);
      }
    }
    closers.wakeAll();
  }

  private void link(Member member) {
    Member last = Objects.requireNonNull(list.previous);
    member.previous = last;
    member.next = list;
    last.next = member;
    list.previous = member;
    count++;
  }

  private void unlink(Member member) {
    Member before = Objects.requireNonNull(member.previous);
    Member after = Objects.requireNonNull(member.next);
    before.next = after;
    after.previous = before;
    member.previous = null;
    member.next = null;
    count--;
  }

  /** Whether the calling thread is in a task or visit of the tree that drains with this gate. */
  private boolean isCallerInside() {
    GateImpl top = this;
    while (top.inGate() && top.gate().level >= DRAINING) {
      top = top.gate();
    }
    for (Stay stay = Current.innermost(); stay != null; stay = stay.outer()) {
      if (stay.inGate() && stay.gate().isWithin(top)) {
        return true;
      }
    }
    return false;
  }

  boolean isWithin(GateImpl ancestor) {
    GateImpl gate = this;
    while (gate != ancestor) {
      if (!gate.inGate()) {
        return false;
      }
      gate = gate.gate();
    }
    return true;
  }

  // ---- closing

  /** Begins to refuse outsiders. */
  void beginDrain() {
    raise(DRAINING).forEach(GateImpl::carryOnIfEmpty);
  }

  /**
   * Raises the level of this gate and of all its descendants, each before its children, so that no new one is missed.
   * Answers them all: they may have been empty before.
   */
  private List<GateImpl> raise(int newLevel) {
    List<GateImpl> raised = new ArrayList<>();
    raised.add(this);
    for (int i = 0; i < raised.size(); i++) {
      raised.get(i).raiseOne(newLevel, raised);
    }
    return raised;
  }

  private void raiseOne(int newLevel, List<GateImpl> children) {
    synchronized (lock) {
      if (closeLog == null) {
        closeLog = new CloseLog(path, Current.clock());
      }
      level = Math.max(level, newLevel);
      for (Member member = following(list); member != null; member = following(member)) {
        if (member instanceof GateImpl child) {
          children.add(child);
        }
      }
    }
  }

  /** Carries on what {@link #leave} would have: for a gate that was empty before it began to close. */
  private void carryOnIfEmpty() {
    boolean emptied;
    synchronized (lock) {
      emptied = claimEmpty();
    }
    if (emptied && becomeEmpty() && (scope == null || scope.released())) {
      finish();
    }
  }

  /** The next member of the list, null at its end; under the lock. */
  private static @Nullable Member following(Member member) {
    Member next = Objects.requireNonNull(member.next);
    return next instanceof Sentinel ? null : next;
  }

  /** Waits until this gate is closed, and tells of it while that is slow; says whether it is. */
  boolean awaitClosed(PoolClock clock, long deadlineNanos) {
    Thread waiter = Thread.currentThread();
    closers.add(waiter);
    try {
      return Objects.requireNonNull(closeLog).story().await(this, clock, deadlineNanos);
    } finally {
      closers.remove(waiter);
    }
  }

  CloseReport report() {
    CloseLog log = closeLog;
    if (log == null) {
      throw new IllegalStateException(this + " is not closing");
    }
    return log.report(isClosed() ? List.of() : ownHolders(), isClosed() ? List.of() : openChildren());
  }

  private void refuseOwnClose() {
    Member own = callersMember();
    if (own != null) {
      throw new IllegalStateException(
          this + " cannot be closed by the holder of " + own + ", which is inside: it would wait for itself");
    }
  }

  /** What the calling thread has in this gate or in a descendant: its task, a visit, or a guard it entered with. */
  @Nullable Member callersMember() {
    for (Stay stay = Current.innermost(); stay != null; stay = stay.outer()) {
      if (stay.inGate() && stay.gate().isWithin(this)) {
        return stay;
      }
    }
    for (Member member : members()) {
      if (member instanceof GuardImpl guard && guard.isOfCaller()) {
        return guard;
      }
    }
    return null;
  }

  // ---- looking

  /** All members of this gate and of its descendants that are not gates, oldest first. */
  List<Member> members() {
    List<Member> found = new ArrayList<>();
    ArrayDeque<GateImpl> open = new ArrayDeque<>();
    open.add(this);
    while (!open.isEmpty()) {
      for (Member member : open.removeLast().ownMembers()) {
        if (member instanceof GateImpl child) {
          open.add(child);
        } else {
          found.add(member);
        }
      }
    }
    found.sort(Comparator.comparingLong(Member::sinceNanos));
    return found;
  }

  /** The members of this gate alone, gates among them. */
  List<Member> ownMembers() {
    synchronized (lock) {
      List<Member> found = new ArrayList<>(count);
      for (Member member = following(list); member != null; member = following(member)) {
        found.add(member);
      }
      return found;
    }
  }

  ScopeSnapshot snapshot(Map<String, String> inherited) {
    Map<String, String> attributes = scope == null ? inherited : scope.logAttributes();
    List<ScopeSnapshot> children = new ArrayList<>();
    for (Member member : ownMembers()) {
      if (member instanceof GateImpl child) {
        children.add(child.snapshot(attributes));
      }
    }
    return new ScopeSnapshot(path, LEVELS.get(level), attributes, ownHolders(), children);
  }

  private List<Holder> ownHolders() {
    long now = Current.clock().nanoTime();
    return ownMembers().stream()
        .filter(member -> !(member instanceof GateImpl))
        .map(member -> Holder.of(member, path, now))
        .toList();
  }

  private List<CloseReport> openChildren() {
    List<CloseReport> reports = new ArrayList<>();
    for (Member member : ownMembers()) {
      if (member instanceof GateImpl child && child.closeLog != null && !child.isClosed()) {
        reports.add(child.report());
      }
    }
    return reports;
  }

  int level() {
    return level;
  }

  CloseLog closeLog() {
    return Objects.requireNonNull(closeLog);
  }

  String name() {
    return name;
  }

  @Override
  String holderName() {
    return "gate " + path;
  }

  @Override
  boolean isWaitedFor() {
    return false;
  }

  @Override
  public String toString() {
    return (scope == null ? "gate " : "scope ") + path + " (" + LEVELS.get(level) + ")";
  }

  private static final List<String> LEVELS = List.of("open", "draining", "closing", "releasing", "closed");

  /** Head of a gate's list. */
  private static final class Sentinel extends Member {
    Sentinel() {
      super(null);
    }

    @Override
    String holderName() {
      return "";
    }
  }
}
