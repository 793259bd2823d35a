// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.CarrierPool;
import io.tidegate.carrier.PoolClock;
import io.tidegate.carrier.Simulator;
import io.tidegate.internal.Openings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * A scope: joins a gate, which holds the tasks, with a token and the steps of the close. The gate's level is its state, and
 * the gate's list is its registry.
 */
final class ScopeImpl implements Scope {
  private static final Log log = Log.of(Scope.class);

  private final @Nullable ScopeImpl parent;
  private final GateImpl gate;
  private final ScopeToken token;
  private final Map<AttributeKey<?>, Object> attributes;
  private final Map<String, String> logAttributes;
  private final FailurePolicy failurePolicy;
  private final TaskKind defaultKind;
  private final BiConsumer<? super Task<?>, ? super Error> fatalHandler;
  private final CloseSteps steps;
  private final UntakenFailures untaken = new UntakenFailures();
  private final @Nullable FanOut fanOut;
  private final @Nullable ExitHook exitHook;
  /** Of the task that was started last: immutable, and so read and written in a race. */
  private @Nullable KindView lastKind;
  /** The kinds that are refused; see Retirement. */
  private final AtomicReference<List<TaskKind>> retired = new AtomicReference<>(List.of());

  private ScopeImpl(ScopeBuilder builder) {
    this.parent = builder.parent;
    this.attributes = Map.copyOf(builder.attributes);
    this.logAttributes = logAttributes(parent, builder.attributes);
    this.failurePolicy = builder.failurePolicy;
    this.defaultKind = builder.defaultKind;
    this.fatalHandler = builder.fatalHandler;
    this.gate = new GateImpl(parent == null ? null : parent.gate, builder.name);
    this.steps = new CloseSteps(gate);
    this.token = new ScopeToken(parent == null ? null : parent.token, gate);
    this.fanOut = builder.fansOut ? new FanOut(this) : null;
    this.exitHook = parent == null ? new ExitHook(this) : null;
    gate.ownedBy(this);
  }

  /** Enters the parent's gate, the last thing: from here on another thread may close this scope. */
  private void enterParent() {
    if (parent != null) {
      try {
        parent.gate.addChild(gate);
        Simulator.step("scope is in the gate above, is about to look what is retired");
        refuse(parent.retired.get());
      } catch (GateClosedException refused) {
        token.release();
        throw refused;
      }
    }
  }

  static ScopeImpl open(ScopeBuilder builder) {
    ScopeImpl scope = new ScopeImpl(builder);
    scope.enterParent();
    if (scope.parent == null) {
      Openings.tell(scope.gate);
      Roots.add(scope);
    }
    if (log.isDebugEnabled()) { // a path is put together on demand, as long as the tree is deep
      log.debug("opened {}", scope.path());
    }
    return scope;
  }

  private static Map<String, String> logAttributes(@Nullable ScopeImpl parent, Map<AttributeKey<?>, Object> own) {
    if (own.isEmpty()) {
      return parent == null ? Map.of() : parent.logAttributes;
    }
    Map<String, String> texts = new LinkedHashMap<>(parent == null ? Map.of() : parent.logAttributes);
    own.forEach((key, value) -> texts.put(key.name(), Text.of(value)));
    return Map.copyOf(texts);
  }

  // ---- opening and spawning

  @Override
  public Builder newChild(String name) {
    return new ScopeBuilder(this, name);
  }

  @Override
  public Scope fanOut(String name) {
    return new ScopeBuilder(this, name).fanOut().open();
  }

  @Override
  public Task<?> spawn(TaskKind kind, TaskAction action) {
    return start(TaskImpl.spawned(this, Objects.requireNonNull(kind, "kind"), null, action));
  }

  @Override
  public <T extends @Nullable Object> Task<T> fork(TaskKind kind, TaskBody<T> body) {
    return start(TaskImpl.forked(this, Objects.requireNonNull(kind, "kind"), null, body));
  }

  @Override
  public <T extends @Nullable Object> Task<T> fork(TaskBody<T> body) {
    return fork(defaultKind, body);
  }

  @Override
  public Task.Builder newTask(TaskKind kind) {
    return new TaskBuilder(this, kind);
  }

  /** What a kind tells: asked once for as many tasks of it as start in a row. */
  KindView view(TaskKind kind) {
    KindView view = lastKind;
    if (view == null || view.kind() != kind) {
      view = KindView.of(kind);
      lastKind = view;
    }
    return view;
  }

  <T extends @Nullable Object> TaskImpl<T> start(TaskImpl<T> task) {
    // In the gate first, then started: a close finds either the task, or no task will ever run.
    gate.enter(task);
    Simulator.step("task is in the gate, is about to be started");
    task.token().entered();
    if (!retired.get().isEmpty()) {
      refuseRetired(task);
    }
    startAdmitted(task, () -> task.pool().start(task.kindName(), task));
    return task;
  }

  private void refuseRetired(TaskImpl<?> task) {
    try {
      if (refuses(task.kind())) {
        throw new GateClosedException(this + " refuses " + task.name() + ": its kind is retired");
      }
    } catch (Throwable refusal) {
      task.notStarted(refusal);
      throw refusal;
    }
  }

  boolean refuses(TaskKind kind) {
    return retired.get().contains(kind);
  }

  /** Adds kinds to those that are refused. */
  void refuse(List<TaskKind> kinds) {
    if (!kinds.isEmpty()) {
      Simulator.step("is about to refuse a kind");
      retired.updateAndGet(before -> Stream.concat(before.stream(), kinds.stream()).distinct().toList());
    }
  }

  /** Makes a task of the library itself, for {@link #startStep}. */
  TaskImpl<?> newStep(String name, CarrierPool pool, CloseStep step) {
    return TaskImpl.step(this, name, pool, taskToken -> step.run());
  }

  /** Starts a task that may come while outsiders are refused; false if nobody is inside any more, then the task has ended. */
  boolean startStep(TaskImpl<?> step) {
    if (!gate.admit(step)) {
      step.notStarted(new GateClosedException(this + " has nobody inside any more: too late for " + step.name()));
      return false;
    }
    step.token().entered();
    try {
      startAdmitted(step, () -> Waiting.start(step.pool(), step.kindName(), step));
    } catch (Throwable noThread) {
      log.error("{} was not started", step, noThread);
    }
    return true;
  }

  private static void startAdmitted(TaskImpl<?> task, Runnable start) {
    try {
      start.run();
    } catch (Throwable notStarted) {
      task.notStarted(notStarted);
      throw notStarted;
    }
  }

  @Override
  public Visit enter() {
    return new VisitImpl(this).begin(this);
  }

  @Override
  public <T extends @Nullable Object> T call(TaskBody<T> body) throws Exception {
    Visit visit = enter();
    try {
      return body.call(visit.token());
    } finally {
      visit.close();
    }
  }

  @Override
  public void run(TaskAction action) throws Exception {
    Visit visit = enter();
    try {
      action.run(visit.token());
    } finally {
      visit.close();
    }
  }

  // ---- how tasks end

  /** Called by a task's thread after its body, before others see that it has ended. */
  void applyFailurePolicy(TaskImpl<?> task, Throwable thrown) {
    if (fanOut != null) {
      fanOut.add(task);
    }
    FailurePolicy policy = policyOf(task);
    ScopeImpl target = policy.target(this);
    if (target != null) {
      target.cancelBecause(CancelReason.of(CancelReason.Code.FAILED, task.name() + " failed", thrown));
    } else if (policy != FailurePolicy.ISOLATE) {
      log.error("{} of {} found no such scope above {}: nothing is cancelled", policy, task.name(), path());
    }
  }

  private FailurePolicy policyOf(TaskImpl<?> task) {
    FailurePolicy own = task.failurePolicy();
    if (own != null) {
      return own;
    }
    try {
      return task.kind().failurePolicy().orElse(failurePolicy);
    } catch (Throwable thrown) {
      log.error("kind {} does not tell its failure policy: that of {} counts", task.kindName(), path(), thrown);
      return failurePolicy;
    }
  }

  /** Called by a task's thread when others may see that it has ended, before it leaves the gate. */
  void ended(TaskImpl<?> task) {
    switch (task.state()) {
      case FAILED -> failed(task, task.thrown());
      case CANCELLED -> cancelled(task, task.thrown());
      default -> log.debug("{} has ended", task);
    }
  }

  private static void cancelled(TaskImpl<?> task, Throwable thrown) {
    if (log.isDebugEnabled()) {
      log.debug("{} was cancelled: {}", task, Text.of(thrown));
    }
  }

  private void failed(TaskImpl<?> task, Throwable thrown) {
    if (thrown instanceof Error error) {
      log.error("{} ended with an error; attributes {}", task, logAttributes, error);
      tellFatalHandler(task, error);
    } else if (!task.isForked()) {
      log.error("{} failed; attributes {}", task, logAttributes, thrown);
    } else if (fanOut == null || !fanOut.keeps(task)) {
      untaken.add(task);
    }
  }

  private void tellFatalHandler(TaskImpl<?> task, Error error) {
    Simulator.tellError(error);
    try {
      fatalHandler.accept(task, error);
    } catch (Throwable thrown) {
      log.error("the fatal handler of {} failed on {}", rootScope().path(), task, thrown);
    }
  }

  private boolean cancelBecause(CancelReason reason) {
    boolean first = token.cancel(reason);
    if (first && log.isDebugEnabled()) {
      log.debug("cancelled {}: {}", path(), reason);
    }
    return first;
  }

  ScopeImpl rootScope() {
    ScopeImpl scope = this;
    while (scope.parent != null) {
      scope = scope.parent;
    }
    return scope;
  }

  @Nullable ScopeImpl nearest(String wanted) {
    ScopeImpl scope = this;
    while (scope != null && !scope.name().equals(wanted)) {
      scope = scope.parent;
    }
    return scope;
  }

  // ---- joining, cancelling, closing

  @Override
  public void join() throws InterruptedException {
    for (Stay stay = Current.innermost(); stay != null; stay = stay.outer()) {
      if (stay instanceof TaskImpl<?> own && own.isOfUser() && own.scope().gate().isWithin(gate)) {
        throw new IllegalStateException(this + " cannot be joined from inside: " + own + " would wait for itself");
      }
    }
    for (List<TaskImpl<?>> running = usersRunning(); !running.isEmpty(); running = usersRunning()) {
      join(new Awaited.Tasks(this, running));
    }
    if (fanOut != null) {
      fanOut.throwIfFailed();
    }
  }

  /** Joins those that run now: others that start meanwhile have their turn after them. */
  private static void join(Awaited.Tasks running) throws InterruptedException {
    PoolClock clock = Current.clock();
    WaitsFor wait = WaitsFor.untilCancelled("joins", running);
    running.members().forEach(TaskImpl::joiners);
    try {
      wait.begin(clock, Waiting.NO_DEADLINE);
      for (TaskImpl<?> task : running.members()) {
        task.await(clock, Waiting.NO_DEADLINE);
      }
    } finally {
      wait.end();
    }
  }

  @Override
  public void retire(TaskKind kind) {
    Retirement retirement = new Retirement(this, kind);
    TaskImpl<?> own = Current.task();
    retirement.begin();
    if (own != null && own.kind().equals(kind) && own.scope().gate().isWithin(gate)) {
      throw new IllegalStateException(
          own + " retires its own kind: that has begun, but cannot be waited for here");
    }
    retirement.await();
  }

  @Override
  public boolean cancel(String text) {
    return cancelBecause(CancelReason.of(CancelReason.Code.REQUESTED, text));
  }

  @Override
  public void close() {
    PoolClock clock = Current.clock();
    closeHard();
    gate.awaitClosed(clock, Waiting.NO_DEADLINE);
  }

  @Override
  public CloseReport close(Duration limit) {
    PoolClock clock = Current.clock();
    long deadline = Waiting.deadline(clock, limit);
    closeHard();
    gate.awaitClosed(clock, deadline);
    return gate.report();
  }

  @Override
  public CloseReport closeGracefully(Duration budget) {
    GracefulClose graceful = new GracefulClose(this, budget, Current.pool());
    Member own = gate.callersMember();
    graceful.begin();
    if (own != null) {
      throw closedFromInside(own);
    }
    graceful.await();
    return gate.report();
  }

  private void closeHard() {
    Member own = gate.callersMember();
    beginClose();
    if (own != null) {
      throw closedFromInside(own);
    }
  }

  /** Refuses everybody and cancels: from here on, those who leave carry the closing on. */
  void beginClose() {
    Simulator.step("scope is about to refuse newcomers");
    gate.beginClose(this::cancelAsClosed);
  }

  /** Whether this scope or one above is being closed, gracefully or not: it may refuse what its own tasks start below it. */
  boolean isBeingClosed() {
    ScopeImpl scope = this;
    while (scope != null && !scope.isClosing()) {
      scope = scope.parent;
    }
    return scope != null;
  }

  /** Cancels because of a close; on return all callbacks that are registered have entered the gates of their scopes. */
  void cancelAsClosed() {
    try {
      token.cancel(token.reason().orElseGet(this::closedReason));
    } catch (Throwable thrown) {
      // No thread for a callback. The token is cancelled all the same, and closing goes on to its end.
      log.error("closing {}: not all callbacks of its cancel could be started", path(), thrown);
    }
  }

  private CancelReason closedReason() {
    String closer = gate.closeLog().closer();
    return new CancelReason(CancelReason.Code.CLOSED, "closing " + path(), closer, Current.clock().now(), null);
  }

  private IllegalStateException closedFromInside(Member own) {
    return new IllegalStateException(
        this + " is closed from inside, by " + own + ": the close has begun, but cannot be waited for here");
  }

  /** Called once, when the gate is empty for ever; false if close steps run, whose thread will finish the gate. */
  boolean released() {
    untaken.logAll();
    if (fanOut != null) {
      fanOut.logUntaken();
    }
    if (steps.startReleasing(this)) {
      return false;
    }
    releasedAll();
    return true;
  }

  @Override
  public void closeOnExit(Duration budget) {
    if (exitHook == null) {
      throw new IllegalStateException("only a root is closed on exit; " + this + " has a parent");
    }
    exitHook.register(budget);
  }

  /** Called once, when nothing of this scope is left to do. */
  void releasedAll() {
    token.release();
    if (exitHook != null) {
      exitHook.release();
      Roots.remove(this);
    }
    if (log.isDebugEnabled()) {
      log.debug("closed {}", path());
    }
  }

  @Override
  public void onDrain(String name, CloseStep step) {
    steps.addDrain(name, step);
  }

  @Override
  public void onClosed(String name, CloseStep step) {
    steps.addRelease(name, step);
  }

  @Override
  public <R extends AutoCloseable> R own(R resource) {
    steps.addRelease("close " + Text.of(resource), resource::close);
    return resource;
  }

  CloseSteps steps() {
    return steps;
  }

  // ---- looking

  @Override
  public List<Task<?>> tasks() {
    return List.copyOf(usersRunning());
  }

  private List<TaskImpl<?>> usersRunning() {
    List<TaskImpl<?>> found = running();
    found.removeIf(task -> !task.isOfUser());
    return found;
  }

  /** The tasks of the subtree that have not ended, drain steps among them. */
  List<TaskImpl<?>> running() {
    List<TaskImpl<?>> found = new ArrayList<>();
    for (Member member : gate.members()) {
      if (member instanceof TaskImpl<?> task && !task.hasEnded()) {
        found.add(task);
      }
    }
    return found;
  }

  @Override
  public List<Scope> children() {
    return List.copyOf(childScopes());
  }

  List<ScopeImpl> childScopes() {
    List<ScopeImpl> found = new ArrayList<>();
    for (Member member : gate.ownMembers()) {
      if (member instanceof GateImpl child && child.scope() != null) {
        found.add(child.scope());
      }
    }
    return found;
  }

  @Override
  public ScopeSnapshot snapshot() {
    return gate.snapshot(logAttributes);
  }

  @Override
  public String name() {
    return gate.name();
  }

  @Override
  public String path() {
    return gate.path();
  }

  @Override
  public Optional<Scope> parent() {
    return Optional.ofNullable(parent);
  }

  @Override
  public <T> Optional<T> attribute(AttributeKey<T> key) {
    for (ScopeImpl scope = this; scope != null; scope = scope.parent) {
      Object value = scope.attributes.get(key);
      if (value != null) {
        return Optional.of(key.type().cast(value));
      }
    }
    return Optional.empty();
  }

  @Override
  public ScopeToken token() {
    return token;
  }

  @Override
  public GateImpl gate() {
    return gate;
  }

  @Override
  public boolean isClosing() {
    return gate.isClosing();
  }

  @Override
  public boolean isClosed() {
    return gate.isClosed();
  }

  TaskKind defaultKind() {
    return defaultKind;
  }

  BiConsumer<? super Task<?>, ? super Error> fatalHandler() {
    return fatalHandler;
  }

  Map<String, String> logAttributes() {
    return logAttributes;
  }

  /** Puts into the calling thread's log context what this scope is about. */
  void describeInLogs() {
    logAttributes.forEach(MDC::put);
  }

  /** Puts into the calling thread's log context what this scope, and a kind of work in it, are about. */
  void describeInLogs(String kind) {
    describeInLogs();
    MDC.put("task_kind", kind);
  }

  /** Puts into the calling thread's log context what this scope and its task are about. */
  void describeInLogs(TaskImpl<?> task) {
    if (!LogContext.isKept()) {
      return;
    }
    describeInLogs(task.kindName());
    MDC.put("task_id", Long.toString(task.id()));
  }

  @Override
  public String toString() {
    return gate.toString();
  }
}
