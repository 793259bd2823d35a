// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.PoolClock;
import io.tidegate.carrier.Simulator;
import io.tidegate.internal.Opening;
import io.tidegate.internal.Openings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A gate: a list of members, a level, and itself a member of its parent's list until it is closed. */
final class GateImpl extends Member implements Gate, Awaited, SlowWait, Opening {
  /*
   *   from       to         by                          how                        wakes
   *   OPEN       DRAINING   a graceful close            beginDrain, top down       -
   *   OPEN       CLOSING    a close                     beginClose, top down       -
   *   DRAINING   CLOSING    a close                     beginClose, top down       -
   *   CLOSING    EMPTY      whoever finds the list empty: the last leaver, or beginClose itself; it has cancelled the
   *                         scope's token before, whose callbacks may have entered meanwhile
   *   EMPTY      CLOSED     the same thread, or the one that it started to run the scope's close steps; in one step,
   *                         under the parent's lock, it takes this gate out of the parent's list
   *                                                                                all closers
   *
   * The lock guards the list and every change of the level up to EMPTY; it is never held while another gate's is
   * taken, nor while code of the user or a token's monitor is entered. (A token's monitor may be held when this lock
   * is taken.)
   *
   * I1  The level never falls.
   * I2  enter adds a member only at OPEN, or at DRAINING for those inside the draining tree; admit only below EMPTY. Both
   *     test and add under the lock, so a member is either added before the level rose, and waited for, or refused.
   * I3  Exactly one thread makes the step to EMPTY: it is taken under the lock, when the list is empty at CLOSING, by
   *     the one that has claimed it there. So a closed scope has a cancelled token, and all its callbacks have run.
   * I4  A gate is in its parent's list from its creation until it is CLOSED, and not an instant longer: both end under
   *     the parent's lock. So a parent's list is not empty while any descendant is not closed, enter touches no
   *     ancestor, and who has seen a gate closed finds it in no list. Only then does the thread carry on the parent's
   *     closing. At EMPTY nobody else changes the level, for raising leaves a higher one alone: so the own lock is not
   *     needed.
   * I5  Closing is carried on by those who leave, not by those who wait: a closer that gives up changes nothing.
   * I6  Tasks, visits and guards may be in 'slots' instead of the list, see there: "list" above means both. Those in there are
   *     counted when the level first rises, and leave without the lock. The last of them, who has cleared its place and counted
   *     down before, looks under the lock whether the list is empty too: as the last one to leave that would.
   * I7  Who leaves a closing gate is written down before the list is seen without it: so the report of a close that waited
   *     for it, whoever was the last, has it.
   *
   * No lost wake-up: a closer adds itself to 'closers' before it reads the level; setClosed sets the level before it
   * wakes them.
   */
  static final int OPEN = 0;
  static final int DRAINING = 1;
  static final int CLOSING = 2;
  static final int EMPTY = 3;
  static final int CLOSED = 4;

  private final String name;
  private final Object lock = new Object();
  private final WaitList closers = new WaitList();
  /** The scope whose gate this is; written once by its constructor, before the gate is known to others. */
  private @Nullable ScopeImpl scope;

  /** Who is inside; guarded by the lock. */
  private final MemberList list = new MemberList();
  /** Null until many have entered. Written under the lock, once; any thread. */
  private volatile @Nullable MemberSlots slots;
  /** How many may still come by the lock until there are more places; guarded by the lock. */
  private int patience = MemberSlots.CROWD;
  /** Whether a thread has claimed the step to EMPTY and not decided yet; guarded by the lock. */
  private boolean emptying;
  /** Whether anybody has entered by hand outside of a task. Any thread. */
  private volatile boolean enteredOutside;
  /** Any thread; written under the lock, but for CLOSED, see I4. */
  private volatile int level; // OPEN
  /** What the closing has seen so far; written under the lock when the level first rises. */
  private volatile @Nullable CloseLog closeLog;

  GateImpl(@Nullable GateImpl parent, String name) {
    super(parent);
    this.name = Objects.requireNonNull(name, "name");
  }

  /** Makes a gate that belongs to no scope and has no parent. */
  static GateImpl root(String name) {
    GateImpl root = new GateImpl(null, name);
    Openings.tell(root);
    return root;
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
    // Not kept: in a deep tree the paths would take more room than all else.
    String[] names = new String[depth()];
    GateImpl gate = this;
    for (int i = names.length - 1; i > 0; i--) {
      names[i] = gate.name;
      gate = gate.gate();
    }
    names[0] = gate.name;
    return String.join("/", names);
  }

  private int depth() {
    int depth = 1;
    for (GateImpl gate = this; gate.inGate(); gate = gate.gate()) {
      depth++;
    }
    return depth;
  }

  @Override
  public Guard enter(String holder) {
    GuardImpl guard = new GuardImpl(this, holder);
    if (!addToSlots(guard)) {
      throw refusal(guard);
    }
    return guard;
  }

  @Override
  public Optional<Guard> tryEnter(String holder) {
    GuardImpl guard = new GuardImpl(this, holder);
    return addToSlots(guard) ? Optional.of(guard) : Optional.empty();
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
    List<GateImpl> raised = raise(CLOSING, Current.source());
    Simulator.step("gate refuses newcomers, is about to cancel");
    try {
      cancel.run();
    } finally {
      Simulator.step("has cancelled, is about to let go what is empty");
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
    return GateViews.holders(members());
  }

  // ---- entering and leaving

  /** Told by a guard of a thread that is in no task, before it enters. */
  void noteEnteredOutside() {
    if (!enteredOutside) {
      enteredOutside = true;
    }
  }

  void ownedBy(ScopeImpl owner) {
    scope = owner;
  }

  @Nullable ScopeImpl scope() {
    return scope;
  }

  void enter(Member member) {
    member.enteredAt(Current.clock().nanoTime());
    if (!addToSlots(member)) {
      throw refusal(member);
    }
  }

  private GateClosedException refusal(Member member) {
    return new GateClosedException(
        this + " refuses " + member.holderName() + ": closing has " + (isClosed() ? "ended" : "begun"));
  }

  /** Adds a member without the lock, if the gate is open and has a place for it, and else as all members. */
  private boolean addToSlots(Member member) {
    MemberSlots places = slots;
    return (places != null && putIfOpen(member, places)) || addIfOpen(member);
  }

  private boolean putIfOpen(Member member, MemberSlots places) {
    Simulator.step("is about to enter a gate by a place");
    if (level == OPEN && places.put(member)) {
      Simulator.step("has a place in a gate, is about to look whether the gate closes");
      if (level == OPEN || !places.take(member)) {
        return true;
      }
    }
    return false;
  }

  void addChild(GateImpl child) {
    if (!addIfOpen(child)) {
      throw refusal(child);
    }
    Simulator.step("has opened a gate, is about to look whether the one above closes");
    // Somebody inside has opened it while this gate drains, too late for the walk down that began that.
    if (level > OPEN) {
      child.raise(Math.min(level, CLOSING), closeLog().closer()).forEach(GateImpl::carryOnIfEmpty);
    }
  }

  private boolean addIfOpen(Member member) {
    Simulator.step("is about to enter a gate");
    synchronized (lock) {
      if (level > DRAINING || (level == DRAINING && !isCallerInside())) {
        return false;
      }
      list.add(member);
      if (level == OPEN && --patience == 0) {
        patience = widen();
      }
      return true;
    }
  }

  /** Makes places for those who come often; answers how many may come by the lock until then. Under the lock. */
  private int widen() {
    if (slots != null) {
      return slots.widen(list);
    }
    slots = new MemberSlots();
    return MemberSlots.MIN_WIDTH;
  }

  /** Adds a member that those inside have caused, though newcomers are refused; false if nobody is inside any more. */
  boolean admit(Member member) {
    member.enteredAt(Current.clock().nanoTime());
    synchronized (lock) {
      if (level >= EMPTY) {
        return false;
      }
      list.add(member);
      return true;
    }
  }

  /** Shows those who look who runs the scope's close steps: a member that nobody waits for, to leave before the end. */
  void showReleasing(Member member) {
    member.enteredAt(Current.clock().nanoTime());
    synchronized (lock) {
      list.add(member);
    }
  }

  /** Takes a member out, if it is in; the last one out carries the closing on, through all ancestors that it empties. */
  void leave(Member leaver) {
    Simulator.step("is about to leave a gate");
    MemberSlots places = slots;
    boolean hasLeft = places != null && (places.take(leaver) || leaveCounted(leaver, places));
    if (!hasLeft && !leaveList(leaver) && slots != null) {
      leaveCounted(leaver, Objects.requireNonNull(slots)); // the list has given it a place meanwhile, or it is not in
    }
  }

  /** Takes a member out that was counted when the closing began; says whether it was. */
  private boolean leaveCounted(Member leaver, MemberSlots places) {
    int place = places.claim(leaver);
    if (place == MemberSlots.NO_PLACE) {
      Simulator.step("has no place in a gate, is about to look into its list");
      return false;
    }
    Simulator.step("is about to write down that it leaves a closing gate");
    boolean tells = leaver.isWaitedFor();
    if (tells) {
      closeLog().left(leaver);
    }
    boolean last = places.countDown(place);
    if (tells) {
      tellLeaver(leaver);
    }
    if (last) {
      Simulator.step("is the last one who was counted, is about to look for others");
      carryOnIfEmpty();
    }
    return true;
  }

  /** Takes a member out of the list; says whether it was there. */
  private boolean leaveList(Member leaver) {
    boolean tells;
    boolean emptied;
    synchronized (lock) {
      if (!list.remove(leaver)) {
        return false;
      }
      tells = closeLog != null && leaver.isWaitedFor();
      if (tells) {
        closeLog().left(leaver);
      }
      emptied = claimEmpty();
    }
    if (tells) {
      Simulator.step("has left a closing gate, is about to tell of it");
      tellLeaver(leaver);
    }
    if (emptied && becomeEmpty()) {
      carryOn();
    }
    return true;
  }

  /** Closes this gate, which is EMPTY, and all ancestors that it was the last one in. */
  private void carryOn() {
    GateImpl empty = this;
    while (empty != null && (empty.scope == null || empty.scope.released())) {
      empty = empty.setClosed();
    } // else the scope's close steps run, on a thread of their own, which calls finish()
  }

  /** Goes on where {@link #carryOn} left off: the scope's close steps have run. */
  void finish() {
    GateImpl emptied = setClosed();
    if (emptied != null) {
      emptied.carryOn();
    }
  }

  /** Lets the slow closes of this gate and of its ancestors tell that a member has left. */
  private void tellLeaver(Member member) {
    GateImpl closing = this;
    while (closing.level >= DRAINING) {
      SlowStory story = closing.closeLog().storyIfAny();
      if (story != null) {
        story.tellLeaver(closing, member);
      }
      if (!closing.inGate()) {
        return;
      }
      closing = closing.gate();
    }
  }

  /** Claims the step to EMPTY if nobody is left; under the lock. Who claims it calls {@link #becomeEmpty}. */
  private boolean claimEmpty() {
    if (level != CLOSING || !isEmpty() || emptying) {
      return false;
    }
    emptying = true;
    return true;
  }

  /** Whether nobody is in this gate, which is closing; under the lock. */
  private boolean isEmpty() {
    return list.isEmpty() && (slots == null || !slots.hasCounted());
  }

  /** Makes the claimed step to EMPTY, unless the cancel let callbacks in: the last of them claims it again. */
  private boolean becomeEmpty() {
    Simulator.step("has found a closing gate empty");
    if (scope != null) {
      scope.cancelAsClosed();
      Simulator.step("has cancelled, is about to look whether callbacks have come in");
    }
    synchronized (lock) {
      emptying = false;
      if (!isEmpty()) {
        return false;
      }
      level = EMPTY;
      return true;
    }
  }

  /** Makes the step to CLOSED; answers the parent if that is EMPTY now, for the caller to carry on. */
  private @Nullable GateImpl setClosed() {
    // All is written down before a closer can see the level and report.
    CloseLog log = closeLog();
    Duration elapsed = log.closed();
    if (scope == null) {
      GateClose.tell(this, log, elapsed);
    } else {
      ScopeClose.tell(scope, log, elapsed);
    }
    boolean claimed = false;
    if (inGate()) {
      claimed = gate().removeClosed(this);
    } else {
      level = CLOSED;
    }
    Simulator.step("gate is closed, is about to wake its closers");
    SlowStory story = log.storyIfAny();
    if (story != null) {
      story.tellEnd(this);
    }
    closers.wakeAll();
    return claimed && gate().becomeEmpty() ? gate() : null;
  }

  /** Takes a child out that is thereby closed; says whether the caller has claimed the step to EMPTY. */
  private boolean removeClosed(GateImpl child) {
    synchronized (lock) {
      list.remove(child);
      child.level = CLOSED;
      if (closeLog != null) {
        closeLog.add(child.closeLog());
      }
      return claimEmpty();
    }
  }

  /** Whether any task may have to be told of a cancel. */
  boolean hasMembers() {
    Simulator.step("is about to look whether anybody is in a cancelled scope");
    synchronized (lock) {
      return !isEmpty() || (level == OPEN && slots != null);
    }
  }

  /**
   * Gives a cancel of the scope's token to those of the tasks in this gate, see {@link TaskToken}.
   *
   * @param listened takes the tokens to which something is attached
   * @param waiting takes the other tasks that wait, but for those that were woken
   */
  void cancelTasks(Cancel cancel, List<TokenNode> listened, List<TaskImpl<?>> waiting) {
    Simulator.step("is about to look which tasks are in a cancelled scope");
    MemberSlots counted;
    synchronized (lock) {
      counted = level == OPEN ? null : slots;
      Consumer<Member> give = member -> give(cancel, member, listened, waiting::add);
      list.forEach(give);
      if (counted == null && slots != null) {
        slots.forEach(give);
      }
    }
    if (counted != null) {
      // They stay where they are until they leave, which takes no lock: so those who wait wake while others are still told.
      counted.forEachCounted(member -> give(cancel, member, listened, TaskImpl::wakeIfWaiting));
    }
  }

  private static void give(Cancel cancel, Member member, List<TokenNode> listened, Consumer<TaskImpl<?>> waiting) {
    if (member instanceof TaskImpl<?> task) {
      task.token().mark(cancel);
      if (task.token().attachmentsIfAny() != null) {
        listened.add(task.token());
      } else if (task.isWaiting()) {
        waiting.accept(task);
      }
    }
  }

  /** Visits all members; under the lock. */
  private void forEach(Consumer<Member> action) {
    list.forEach(action);
    if (slots != null && level == OPEN) {
      slots.forEach(action);
    } else if (slots != null) {
      slots.forEachCounted(action);
    }
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
    raise(DRAINING, Current.source()).forEach(GateImpl::carryOnIfEmpty);
  }

  /**
   * Raises the level of this gate and of all its descendants, each before its children, so that no new one is missed.
   * Answers them all: they may have been empty before.
   */
  private List<GateImpl> raise(int newLevel, String closer) {
    PoolClock clock = Current.clock();
    long nowNanos = clock.nanoTime();
    List<GateImpl> raised = new ArrayList<>();
    raised.add(this);
    for (int i = 0; i < raised.size(); i++) {
      Simulator.step("is about to close a gate to newcomers");
      raised.get(i).raiseOne(newLevel, raised, closer, clock, nowNanos);
    }
    return raised;
  }

  private void raiseOne(int newLevel, List<GateImpl> children, String closer, PoolClock clock, long nowNanos) {
    synchronized (lock) {
      if (closeLog == null) {
        closeLog = new CloseLog(name, closer, clock, nowNanos);
      }
      boolean wasOpen = level == OPEN;
      if (level < newLevel) {
        level = newLevel;
      }
      if (wasOpen && slots != null) {
        slots.count(list);
      }
      addChildrenTo(children);
    }
  }

  /** Carries on what {@link #leave} would have: for a gate that was empty before it began to close. */
  private void carryOnIfEmpty() {
    boolean emptied;
    synchronized (lock) {
      emptied = claimEmpty();
    }
    if (emptied && becomeEmpty()) {
      carryOn();
    }
  }

  @Override
  public boolean isOver() {
    return isClosed();
  }

  @Override
  public List<Member> waitedFor() {
    return members();
  }

  @Override
  public void wakeWaiters() {
    closers.wakeAll();
  }

  @Override
  public String inWords() {
    return "closing " + path();
  }

  /** Waits until this gate is closed, and tells of it while that is slow; says whether it is. */
  boolean awaitClosed(PoolClock clock, long deadlineNanos) {
    if (isClosed()) {
      return true;
    }
    Thread waiter = Thread.currentThread();
    WaitsFor wait = WaitsFor.throughAll("closes", this);
    closers.add(waiter);
    Simulator.step("is among the closers");
    try {
      wait.begin(clock, deadlineNanos);
      return closeLog().story().await(this, clock, deadlineNanos);
    } finally {
      wait.end();
      closers.remove(waiter);
    }
  }

  CloseReport report() {
    return GateViews.report(this);
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
    TaskImpl<?> task = Current.task();
    return task != null && !task.hasHeld() ? null : callersGuard();
  }

  private @Nullable Member callersGuard() {
    List<GateImpl> gates = new ArrayList<>(List.of(this));
    for (int i = 0; i < gates.size(); i++) {
      GateImpl gate = gates.get(i);
      gate.addChildrenTo(gates);
      if (gate.enteredOutside || Current.task() != null) {
        for (Member member : gate.ownMembers()) {
          if (member instanceof GuardImpl guard && guard.isOfCaller()) {
            return guard;
          }
        }
      }
    }
    return null;
  }

  private void addChildrenTo(List<GateImpl> children) {
    synchronized (lock) {
      list.forEach(member -> {
        if (member instanceof GateImpl child) {
          children.add(child);
        }
      });
    }
  }

  // ---- looking

  /** All members of this gate and of its descendants that are not gates, oldest first. */
  @Override
  public List<Member> members() {
    return GateViews.members(this);
  }

  @Override
  public List<Member> inside() {
    return GateViews.inside(this);
  }

  @Override
  public String tree() {
    return snapshot(scope == null ? Map.of() : scope.logAttributes()).toString().stripTrailing();
  }

  /** The members of this gate alone, gates among them. */
  List<Member> ownMembers() {
    synchronized (lock) {
      List<Member> found = new ArrayList<>();
      forEach(found::add);
      return found;
    }
  }

  ScopeSnapshot snapshot(Map<String, String> inherited) {
    return GateViews.snapshot(this, inherited);
  }

  int level() {
    return level;
  }

  String levelName() {
    return LEVELS.get(level);
  }

  CloseLog closeLog() {
    return Objects.requireNonNull(closeLog, "not closing");
  }

  String name() {
    return name;
  }

  @Override
  String holderName() {
    return "gate " + path();
  }

  @Override
  boolean isWaitedFor() {
    return false;
  }

  @Override
  public String toString() {
    return (scope == null ? "gate " : "scope ") + path() + " (" + levelName() + ")";
  }

  private static final List<String> LEVELS = List.of("open", "draining", "closing", "releasing", "closed");
}
