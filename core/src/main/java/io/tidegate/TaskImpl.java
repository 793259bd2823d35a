// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static java.lang.invoke.MethodHandles.lookup;

import io.tidegate.carrier.CarrierPool;
import io.tidegate.carrier.PoolClock;
import io.tidegate.carrier.Simulator;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A task: its handle, its membership in the gate of its scope, and what its thread runs, in one. */
final class TaskImpl<T extends @Nullable Object> extends Stay implements Task<T>, Awaited, Runnable {
  private static final AtomicLong IDS = new AtomicLong();
  private static final VarHandle JOINERS =
      ConstantBootstraps.fieldVarHandle(lookup(), "joiners", VarHandle.class, TaskImpl.class, WaitList.class);

  /*
   *   from      to                               by                            wakes
   *   RUNNING   SUCCEEDED, FAILED or CANCELLED   the task's thread, in run()   all joiners
   *
   * I1  The outcome is written before the state; who reads an end state may read the outcome.
   * I2  The failure policy has cancelled whom it cancels before the state is set: who joined the task finds that done.
   * I3  The state is set, and the failure is told, before the task leaves the gate: a close that waited for it finds that
   *     done. Whatever user code throws on the way, the task leaves.
   *
   * No lost wake-up: a joiner adds itself to 'joiners' before it reads the state; the end sets the state before it reads
   * 'joiners' (both volatile).
   */
  private final long id = nextId();
  private final KindView kind;
  /** What it was given instead of what follows from its kind; null if nothing. */
  private final @Nullable Own own;
  private final boolean forked;
  private final TaskToken token;
  /** What it does: a TaskBody if it is forked, else a TaskAction. The task's thread only, which lets go of it at the end. */
  private @Nullable Object work;
  /** The result, or the Throwable. Written by the task's thread before the state. */
  private @Nullable Object outcome;
  /** Null while it runs: nothing need be stored, with a fence, when it is made. Any thread. */
  private volatile @Nullable State endState;
  private volatile @Nullable WaitList joiners;
  /** Whether somebody asked how it ended. Any thread. */
  private volatile boolean taken;
  /** Whether it waits in the library, see TaskToken; written by the task's thread, read by those who cancel. */
  private volatile boolean waiting;
  /** Whether it has held what others may wait for; the task's thread only. */
  private boolean hasHeld;
  /** How often it has waited in the library; the task's thread only. */
  private int waits;

  /**
   * What a task may have of its own.
   *
   * @param name null for one that is put together when somebody asks, which is rarely
   * @param failurePolicy counts before that of the kind and that of the scope, unless it is null
   */
  record Own(@Nullable String name, @Nullable FailurePolicy failurePolicy) {}

  private static long nextId() {
    Simulator simulator = Simulator.current();
    return simulator == null ? IDS.incrementAndGet() : simulator.nextNumber();
  }

  /** Makes a task that is not in the gate of its scope yet. */
  private TaskImpl(ScopeImpl scope, KindView kind, @Nullable Own own, boolean forked, Object work) {
    super(scope.gate());
    this.kind = kind;
    this.own = own;
    this.forked = forked;
    this.work = work;
    this.token = new TaskToken(this);
  }

  /** Makes a task whose result somebody may take. */
  static <T extends @Nullable Object> TaskImpl<T> forked(
      ScopeImpl scope, TaskKind kind, @Nullable Own own, TaskBody<T> body) {
    Objects.requireNonNull(body, "body");
    return new TaskImpl<>(scope, scope.view(kind), own, true, body);
  }

  /** Makes a task without a result. */
  static TaskImpl<?> spawned(ScopeImpl scope, TaskKind kind, @Nullable Own own, TaskAction action) {
    Objects.requireNonNull(action, "action");
    return new TaskImpl<@Nullable Void>(scope, scope.view(kind), own, false, action);
  }

  /** Makes a task of the library itself, on a pool that need not be its kind's. */
  static TaskImpl<?> step(ScopeImpl scope, String name, CarrierPool pool, TaskAction action) {
    KindView drain = new KindView(PlainKind.DRAIN, PlainKind.DRAIN.name(), pool);
    return new TaskImpl<@Nullable Void>(scope, drain, new Own(name, null), false, action);
  }

  @Override
  public void run() {
    Thread thread = Thread.currentThread();
    runsOn(thread);
    if (Simulator.current() != null) {
      Simulator.begin(name());
    }
    if (thread.isVirtual()) { // it ends with the task, and its log context with it
      runToEnd();
    } else {
      LogContext.restoredAfter(this::runToEnd);
    }
  }

  private void runToEnd() {
    Current.push(this);
    State end = State.SUCCEEDED;
    Object result;
    try {
      TaskStart.tell(this);
      scope().describeInLogs(this);
      result = call();
    } catch (Throwable thrown) {
      end = endStateAfter(thrown);
      result = thrown;
    }
    end(end, result);
  }

  private @Nullable Object call() throws Exception {
    Object own = Objects.requireNonNull(work);
    if (forked) {
      return ((TaskBody<?>) own).call(token);
    }
    ((TaskAction) own).run(token);
    return null;
  }

  private State endStateAfter(Throwable thrown) {
    if (thrown instanceof CancelledException cancelled && cancelled.is(token)) {
      return State.CANCELLED;
    }
    boolean endedByCancel =
        thrown instanceof CancelledException
            || thrown instanceof ClosedException
            || thrown instanceof InterruptedException;
    // A close refuses before it cancels: the refused may come here in between. A graceful one cancels last of all.
    boolean endedByClose = thrown instanceof GateClosedException && scope().isBeingClosed();
    return endedByClose || (endedByCancel && token.currentCancel() != null) ? State.CANCELLED : State.FAILED;
  }

  private void end(State end, @Nullable Object result) {
    work = null;
    outcome = result;
    Simulator.step("task has its outcome, is about to set its state");
    try {
      if (end == State.FAILED) {
        scope().applyFailurePolicy(this, thrown());
      }
    } finally {
      endState = end;
      tellAndLeave();
    }
  }

  private void tellAndLeave() {
    try {
      Simulator.step("task has its state");
      TaskEnd.tell(this);
      scope().ended(this);
    } finally {
      Current.pop(null);
      // In this order: who was woken and closes the scope finds nobody to wait for.
      token.leaves();
      gate().leave(this);
      Simulator.step("task has left, is about to wake its joiners");
      wakeJoiners();
    }
  }

  /** Ends a task whose thread could not be started: it leaves the gate, and only listings have shown its handle. */
  void notStarted(Throwable why) {
    work = null;
    outcome = why;
    taken = true;
    endState = State.FAILED;
    token.leaves();
    gate().leave(this);
    wakeJoiners();
  }

  private void wakeJoiners() {
    WaitList waiting = joiners;
    if (waiting != null) {
      waiting.wakeAll();
    }
  }

  @Override
  public long id() {
    return id;
  }

  @Override
  public TaskKind kind() {
    return kind.kind();
  }

  @Override
  public String name() {
    return own != null && own.name != null ? own.name : kind.name() + "-" + id;
  }

  @Override
  public ScopeImpl scope() {
    return Objects.requireNonNull(gate().scope());
  }

  @Override
  public State state() {
    State end = endState;
    return end == null ? State.RUNNING : end;
  }

  @Override
  public Instant startedAt() {
    PoolClock clock = Current.clock();
    long nowNanos = clock.nanoTime(); // first: so what is told is not before the start
    return clock.now().minusNanos(nowNanos - sinceNanos());
  }

  @Override
  public OptionalLong threadId() {
    Thread running = thread();
    return running == null || hasEnded() ? OptionalLong.empty() : OptionalLong.of(running.threadId());
  }

  @Override
  public boolean cancel(String text) {
    return token.cancel(CancelReason.of(CancelReason.Code.REQUESTED, text));
  }

  @Override
  public void join() throws InterruptedException {
    join(Current.clock(), Waiting.NO_DEADLINE);
  }

  @Override
  public boolean join(Duration limit) throws InterruptedException {
    PoolClock clock = Current.clock();
    return join(clock, Waiting.deadline(clock, limit));
  }

  private boolean join(PoolClock clock, long deadlineNanos) throws InterruptedException {
    if (Current.task() == this) {
      throw new IllegalStateException(this + " cannot join itself");
    }
    WaitsFor wait = WaitsFor.untilCancelled("joins", this);
    joiners();
    try {
      wait.begin(clock, deadlineNanos);
      return await(clock, deadlineNanos);
    } finally {
      wait.end();
    }
  }

  /** Waits as {@link #join(Duration)} does, for a caller that has told of its wait. */
  boolean await(PoolClock clock, long deadlineNanos) throws InterruptedException {
    WaitList waiting = joiners();
    Thread joiner = Thread.currentThread();
    waiting.add(joiner);
    try {
      return Waiting.until(this, clock, deadlineNanos, this::hasEnded);
    } finally {
      waiting.remove(joiner);
    }
  }

  /** Joins as {@link #join(Duration)}, through cancels and interrupts; breaks no cycle of waits, others do. */
  boolean joinThroughAll(PoolClock clock, long deadlineNanos) {
    WaitsFor wait = WaitsFor.throughAll("joins", this);
    WaitList waiting = joiners();
    Thread joiner = Thread.currentThread();
    waiting.add(joiner);
    try {
      wait.tell();
      return Waiting.throughAll(this, clock, deadlineNanos, this::hasEnded);
    } finally {
      wait.end();
      waiting.remove(joiner);
    }
  }

  /** Numbers its waits, from where no other task begins near by. Called by its own thread. */
  int nextWait() {
    return (int) id + waits++;
  }

  /** Says whether a cancel has to wake it. Called by its own thread. */
  void setWaiting(boolean waits) {
    waiting = waits;
  }

  boolean isWaiting() {
    return waiting;
  }

  void wakeIfWaiting() {
    if (waiting) {
      Waiting.unpark(thread());
    }
  }

  /** Lets this task know that it holds what others may wait for: a guard, a permit. Called by its own thread. */
  void noteHeld() {
    hasHeld = true;
  }

  /** Whether it ever held any; asked by its own thread. */
  boolean hasHeld() {
    return hasHeld;
  }

  @Override
  boolean mayBeWaitedFor() {
    return joiners != null || hasHeld || super.mayBeWaitedFor();
  }

  @Override
  public List<TaskImpl<?>> members() {
    return List.of(this);
  }

  /** Those who wait for its end; who asks for them is seen by the task as somebody who is about to. */
  WaitList joiners() {
    if (joiners == null) {
      JOINERS.compareAndSet(this, null, new WaitList());
    }
    return Objects.requireNonNull(joiners);
  }

  @Override
  @SuppressWarnings({"unchecked", "NullAway"}) // the outcome of a task that SUCCEEDED is what its body returned, null too
  public T result() {
    State end = endState;
    if (end != State.SUCCEEDED) {
      throw new IllegalStateException(this + " has no result", end == null ? null : failure());
    }
    return (T) outcome;
  }

  @Override
  public Optional<Throwable> exception() {
    State end = endState;
    if (end == null) {
      throw new IllegalStateException(this + " has not ended");
    }
    return end == State.SUCCEEDED ? Optional.empty() : Optional.of(failure());
  }

  private Throwable failure() {
    take();
    return thrown();
  }

  /** Notes that somebody asked how it ended. */
  void take() {
    taken = true;
  }

  /** What it threw, looked at by the library itself. */
  Throwable thrown() {
    return (Throwable) Objects.requireNonNull(outcome);
  }

  boolean hasEnded() {
    return endState != null;
  }

  boolean isForked() {
    return forked;
  }

  boolean isTaken() {
    return taken;
  }

  @Override
  CarrierPool pool() {
    return kind.pool();
  }

  @Nullable FailurePolicy failurePolicy() {
    return own == null ? null : own.failurePolicy;
  }

  /** Whether the user started it: what drains a scope is in its gate, but none of its tasks. */
  boolean isOfUser() {
    return kind.kind() != PlainKind.DRAIN;
  }

  @Override
  boolean isWaitedFor() {
    return isOfUser();
  }

  @Override
  TaskToken token() {
    return token;
  }

  @Override
  String holderName() {
    return name();
  }

  @Override
  String kindName() {
    return kind.name();
  }

  @Override
  public String toString() {
    return "task " + name() + " of " + scope().path() + " (" + state() + ")";
  }
}
