// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One node of the tree that a server is: a token, a gate, its tasks, its child scopes and its resources.
 *
 * <p>A scope is a field of an object with a life: a tenant, a timeline, a connection. It is opened when the object starts,
 * spawned into by any thread while it lives, and closed when the object stops. When {@link #close} returns, no body, no
 * {@code finally} and no callback of any task of the subtree runs any more, and everything it owned is released.
 *
 * {@snippet class="io.tidegate.Snippets" region="scope"}
 *
 * <p><b>Closing</b> is sticky: from its first instant {@code spawn}, {@code fork}, {@code child} and {@code enter} throw
 * {@link GateClosedException}, and the work does not start. A spawn that races a close has two outcomes: it ran and was
 * waited for, or it was refused. All closes may be called again, and by several threads at once. Closing is carried on by
 * those who leave: a closer that stops waiting stops nothing.
 *
 * <p><b>Waits in a cycle.</b> A close that waits for a task that waits for that close would never end. So each wait for
 * others (a close of a scope or a gate, a join of a task or a scope, a retirement) looks whether those wait, over any
 * number of steps, for the calling thread's own task, visits or guards. Of the waits that make a cycle the last one to
 * begin throws an {@link IllegalStateException} that tells the whole cycle, which is logged as a warning too; the others
 * go on when its thread leaves. A close that throws has begun all the same, and goes on.
 *
 * <ul>
 *   <li>A limit makes no difference, as within a cycle only time can pass. A wait of no time is no wait.
 *   <li>A wait that a cancel ends is not in a cycle once its token is cancelled: a task that joins the one that closes
 *       its scope gets a {@link CancelledException}, and the close goes on.
 *   <li>A guard counts as held by the task that entered until it is released, though another may release it. Who takes
 *       one over enters with {@link Gate.Guard#another}.
 *   <li>Not found: cycles through a guard that was entered outside of tasks, through a lock or a queue of the JDK, or
 *       through a wait for a token.
 * </ul>
 *
 * <p><b>Use a scope</b> where work must end before something can be deleted or released; use a bare {@link Gate} where code
 * of others passes through, and a bare {@link CancellationToken} where nobody needs to wait.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 *
 * <p><b>Memory consistency effects:</b> what tasks and visitors of the subtree did <i>happens-before</i> {@code close}
 * returning.
 *
 * <p><b>Not promised:</b> an order among tasks, or that {@link #tasks} and {@link #snapshot} show one instant.
 */
public sealed interface Scope extends AutoCloseable permits ScopeImpl {
  /**
   * {@return a new scope without a parent}
   *
   * @param name its name, which is not empty and has no slash
   */
  static Scope root(String name) {
    return newRoot(name).open();
  }

  /**
   * {@return the builder of a scope without a parent}
   *
   * @param name its name, which is not empty and has no slash
   */
  static Builder newRoot(String name) {
    return new ScopeBuilder(null, name);
  }

  /**
   * {@return a new scope below this one}
   *
   * @param name its name, which is not empty and has no slash
   * @throws GateClosedException if this scope is closing or closed
   */
  default Scope child(String name) {
    return newChild(name).open();
  }

  /**
   * {@return the builder of a scope below this one}
   *
   * @param name its name, which is not empty and has no slash
   */
  Builder newChild(String name);

  /**
   * Opens a child scope for forks of one block of code: the first that fails cancels the others, and {@link #join} throws a
   * {@link ScopeFailedException}. It is a scope as any other, to be closed at the end of the block.
   *
   * {@snippet class="io.tidegate.Snippets" region="fanOut"}
   *
   * @param name its name, which is not empty and has no slash
   * @return the child scope, with the policy {@link FailurePolicy#CANCEL_SCOPE}
   * @throws GateClosedException if this scope is closing or closed
   */
  Scope fanOut(String name);

  /**
   * Starts a task without a result. If it fails, that is logged with path and attributes.
   *
   * @param kind what class of work it is; its pool runs the task
   * @param action what to do
   * @return the task's handle
   * @throws GateClosedException if this scope is closing or closed, and the caller is no task of it that may still spawn
   */
  Task<?> spawn(TaskKind kind, TaskAction action);

  /**
   * Starts a task with a result. If it fails, {@link Task#result} or {@link Task#exception} tell; what nobody asked about is
   * logged when the scope closes.
   *
   * @param kind what class of work it is; its pool runs the task
   * @param body what to do
   * @param <T> the type of the result
   * @return the task's handle
   * @throws GateClosedException if this scope is closing or closed, and the caller is no task of it that may still spawn
   */
  <T extends @Nullable Object> Task<T> fork(TaskKind kind, TaskBody<T> body);

  /**
   * Starts a task with a result, as {@link #fork(TaskKind, TaskBody)} does, of the scope's default kind.
   *
   * @param body what to do
   * @param <T> the type of the result
   * @return the task's handle
   * @throws GateClosedException if this scope is closing or closed, and the caller is no task of it that may still spawn
   */
  <T extends @Nullable Object> Task<T> fork(TaskBody<T> body);

  /**
   * {@return a builder of tasks that have a name or a failure policy of their own}
   *
   * @param kind what class of work they are
   */
  Task.Builder newTask(TaskKind kind);

  /**
   * Enters this scope with the calling thread, which goes on to run what it runs.
   *
   * @return the stay, to be closed when the thread is done here
   * @throws GateClosedException if this scope is closing or closed
   */
  Visit enter();

  /**
   * Runs a body in the calling thread, as a visitor of this scope.
   *
   * @param body what to run; its token is cancelled with this scope's, and with the calling task's
   * @param <T> the type of its result
   * @return what the body returned
   * @throws GateClosedException if this scope is closing or closed; the body did not start
   * @throws Exception what the body threw
   */
  <T extends @Nullable Object> T call(TaskBody<T> body) throws Exception;

  /**
   * Runs an action in the calling thread, as a visitor of this scope.
   *
   * @param action what to run; its token is cancelled with this scope's, and with the calling task's
   * @throws GateClosedException if this scope is closing or closed; the action did not start
   * @throws Exception what the action threw
   */
  void run(TaskAction action) throws Exception;

  /**
   * Waits until no task of the subtree runs, without asking any of them to stop. Drain steps are not waited for: one of
   * them may call this.
   *
   * @throws ScopeFailedException if this scope was opened by {@link #fanOut} and a task of it has failed; every call throws
   * @throws IllegalStateException if a task of the subtree calls it: it would wait for itself; or if one waits for the
   *     caller
   * @throws CancelledException if the calling task's own token is cancelled first
   * @throws InterruptedException if the thread is interrupted
   */
  void join() throws InterruptedException;

  /**
   * Asks all tasks of the subtree to stop. Waits for nobody, and refuses nobody.
   *
   * @param text why
   * @return whether this call was the one that cancelled the scope's token
   */
  boolean cancel(String text);

  /**
   * Ends one kind of work in the subtree, for ever: tasks of that kind are refused from now on, those that run are cancelled
   * and waited for. Kinds are told apart by {@code equals}.
   *
   * <p>Blocks until they have ended; neither an interrupt nor a cancel ends the wait, and the interrupt status is restored.
   * It tells in the log whom it waits for, as a slow close does. Callbacks of their tokens are not waited for.
   * {@link #tasks} may list for a moment one that is being refused; it does not run.
   *
   * @param kind the kind
   * @throws IllegalStateException if a task of that kind in the subtree calls it, or one waits for the caller in a cycle:
   *     the kind is refused from now on, and those that run are asked to stop
   */
  void retire(TaskKind kind);

  /**
   * Closes the hard way: refuses, cancels, waits until nobody is inside, runs the close steps. Runs no drain steps.
   *
   * <p>Blocks until all of that is done; neither an interrupt nor a cancel ends the wait, and the interrupt status is
   * restored. A close that takes longer than 100 ms tells in the log whom it waits for, as a gate's does.
   *
   * @throws IllegalStateException if the calling thread is inside the subtree, or is waited for by somebody inside: the
   *     close has begun, and ends after they left
   */
  @Override
  void close();

  /**
   * Closes as {@link #close()} does and waits for a limited time. The limit ends only the waiting.
   *
   * @param limit how long to wait at most
   * @return what was waited for, and who is left
   * @throws IllegalStateException if the calling thread is inside the subtree, or is waited for by somebody inside: the
   *     close has begun, and ends after they left
   */
  CloseReport close(Duration limit);

  /**
   * Closes in order, within one budget.
   *
   * <ol>
   *   <li>Refuses outsiders; tasks of the subtree may still spawn.
   *   <li>Runs the drain steps in the order they were added, each bounded by what is left, then drains the child scopes,
   *       those side by side.
   *   <li>Waits for the tasks. So loops that run for ever are to be ended by a drain step.
   *   <li>When all have ended, or seven eighths of the budget are over, goes on as {@link #close()}.
   * </ol>
   *
   * <p>A step that fails or overruns is reported, and the rest goes on. Another thread's {@code close} cuts the first three
   * stages short. Blocks no longer than the budget; neither an interrupt nor a cancel ends the wait before.
   *
   * @param budget how long to wait at most
   * @return what was done, what was waited for, and who is left
   * @throws IllegalStateException if the calling thread is inside the subtree, or is waited for by somebody inside: the
   *     close has begun, and ends after they left
   */
  CloseReport closeGracefully(Duration budget);

  /**
   * Has the JVM close this root as {@link #closeGracefully} does when it ends: after {@code System.exit}, the last
   * non-daemon thread, or a signal that ends the process. What was not closed in order by then is printed on
   * {@code System.err}, and the JVM ends all the same. A root that is closed before is forgotten.
   *
   * <p>A task that calls {@code System.exit} waits for this close, which waits for it: it should have another thread do that.
   *
   * @param budget how long the close may take
   * @throws IllegalStateException if this scope has a parent, is to be closed on exit already, or the JVM is ending
   */
  void closeOnExit(Duration budget);

  /**
   * Adds a drain step, for {@link #closeGracefully}. It runs inside this scope, on a thread of the closer's pool: the
   * gate's holders and {@link #snapshot} show it, {@link #tasks} does not.
   *
   * @param name what it does, for the report
   * @param step what to do; its waits end if the scope is closed the hard way meanwhile
   * @throws GateClosedException if this scope is closing or closed
   */
  void onDrain(String name, CloseStep step);

  /**
   * Adds a close step, to be run after the last task, the last added first. No close of this scope returns before its end.
   *
   * @param name what it does, for the report
   * @param step what to do
   * @throws GateClosedException if the close steps of this scope run already, or have
   */
  void onClosed(String name, CloseStep step);

  /**
   * Makes this scope the owner of a resource, whose {@code close} becomes a close step.
   *
   * @param resource what to close
   * @param <R> its type
   * @return the resource
   * @throws GateClosedException if the close steps of this scope run already, or have; the resource stays the caller's
   */
  <R extends AutoCloseable> R own(R resource);

  /** {@return the tasks that run in the subtree, oldest first; drain steps are none} */
  List<Task<?>> tasks();

  /** {@return the child scopes that are not closed, oldest first} */
  List<Scope> children();

  /** {@return the subtree as it looks now: for people, and for an incident's record} */
  ScopeSnapshot snapshot();

  /** {@return the name} */
  String name();

  /** {@return the names from the root to this scope, separated by slashes} */
  String path();

  /** {@return the parent; empty for a root} */
  Optional<Scope> parent();

  /**
   * {@return the value of an attribute of this scope, or of the nearest ancestor that has it}
   *
   * @param key the attribute's key
   * @param <T> the type of the value
   */
  <T> Optional<T> attribute(AttributeKey<T> key);

  /** {@return the token that is cancelled when this scope is cancelled or closed, or an ancestor is} */
  CancellationToken token();

  /**
   * {@return the gate in which the tasks, visits and child scopes are}
   * Closing it alone refuses newcomers and waits, and cancels nobody.
   */
  Gate gate();

  /** {@return whether closing has begun} */
  boolean isClosing();

  /** {@return whether closing has ended} */
  boolean isClosed();

  /** Sets up a scope. Not safe for use by several threads. */
  sealed interface Builder permits ScopeBuilder {
    /**
     * Adds an attribute, which descendants inherit.
     *
     * @param key its key
     * @param value its value
     * @param <T> its type
     * @return this builder
     */
    <T> Builder with(AttributeKey<T> key, T value);

    /**
     * Sets what the failure of a task of this scope means to others.
     *
     * @param policy the policy, where the task's kind has none
     * @return this builder
     */
    Builder onFailure(FailurePolicy policy);

    /**
     * Sets the kind of forks without a kind, here and in descendants.
     *
     * @param kind the kind
     * @return this builder
     */
    Builder defaultKind(TaskKind kind);

    /**
     * Sets who is told at once of a task that ended with an {@link Error}, on the task's thread. He decides about the
     * process; the library never ends it.
     *
     * @param handler takes the task and the error
     * @return this builder
     * @throws IllegalStateException if this is not the builder of a root
     */
    Builder onFatal(BiConsumer<? super Task<?>, ? super Error> handler);

    /**
     * {@return the new scope}
     *
     * @throws GateClosedException if the parent is closing or closed
     */
    Scope open();
  }
}
