// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * Carries the request to stop, and why.
 *
 * <p>Tokens form a graph: a {@linkplain #child() child} is cancelled with its parent, a token {@linkplain #anyOf of
 * several} with the first of its sources, never the other way round. A token is never un-cancelled. A child that nobody
 * waits on or listens to is referenced by no parent, so it needs no close and costs its parent nothing.
 *
 * <p>A token asks; it waits for nobody. To wait for those who were asked, close the {@link Gate} or the {@link Scope}.
 *
 * {@snippet class="io.tidegate.Snippets" region="token"}
 *
 * <p><b>Waits.</b> Every wait here throws {@link CancelledException} when its token is cancelled, at once if it was before:
 * swallowing the exception does not lose the cancel. A wait in a task also ends so when the task's own token is cancelled.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 *
 * <p><b>Memory consistency effects:</b> what a thread does before {@link #cancel} <i>happens-before</i> what another does
 * after it saw the token cancelled.
 *
 * <p><b>Interrupts.</b> Cancelling interrupts no thread but one inside {@link #interruptibly}.
 *
 * <p><b>Not promised:</b> that observers see a whole tree of tokens flip at one instant.
 */
public sealed interface CancellationToken permits TokenNode {
  /** {@return a new token without a parent} */
  static CancellationToken create() {
    return PlainToken.root();
  }

  /** {@return the token that is never cancelled; its children can be} */
  static CancellationToken none() {
    return PlainToken.NONE;
  }

  /**
   * {@return a new token that is cancelled with the first of {@code tokens}, and reports that one's reason}
   *
   * @param tokens the parents, at least one
   * @throws IllegalArgumentException if there are none
   */
  static CancellationToken anyOf(CancellationToken... tokens) {
    return PlainToken.ofParents(tokens);
  }

  /** {@return a new token that is cancelled with this one, or before; born cancelled if this one is} */
  CancellationToken child();

  /**
   * {@return a new child that is cancelled with reason {@code DEADLINE} once {@code timeout} has passed}
   * The earlier deadline of parent and child wins. A timeout that was not reached leaves neither thread nor timer behind.
   *
   * @param timeout how long from now, by the clock of the calling task's pool; zero or less is at once
   */
  CancellationToken withTimeout(Duration timeout);

  /**
   * Cancels this token and all its descendants with reason {@code REQUESTED}.
   *
   * @return whether this call was the one that cancelled it
   */
  boolean cancel();

  /**
   * Cancels this token and all its descendants. When it returns, {@link #isCancelled} is true on every descendant and all
   * that waited are woken, whichever of racing calls was first. Runs no callback: those run on threads of their own.
   *
   * @param reason why; of racing calls, the first one's stays
   * @return whether this call was the one that cancelled it
   * @throws IllegalStateException if this is {@link #none()}
   */
  boolean cancel(CancelReason reason);

  /** {@return whether the request to stop was made} */
  boolean isCancelled();

  /** {@return why this token is cancelled; empty if it is not} */
  Optional<CancelReason> reason();

  /**
   * Throws if this token is cancelled.
   *
   * @throws CancelledException if it is
   */
  void throwIfCancelled();

  /**
   * Waits until this token is cancelled.
   *
   * @throws CancelledException if the calling task's own token, being another one, is cancelled first
   * @throws InterruptedException if the thread is interrupted
   */
  void awaitCancelled() throws InterruptedException;

  /**
   * Waits until this token is cancelled, or for a time.
   *
   * @param limit how long at most
   * @return whether it is cancelled
   * @throws CancelledException if the calling task's own token, being another one, is cancelled first
   * @throws InterruptedException if the thread is interrupted
   */
  boolean awaitCancelled(Duration limit) throws InterruptedException;

  /**
   * Sleeps, by the clock of the calling task's pool.
   *
   * @param time how long
   * @throws CancelledException if this token, or the calling task's own, is cancelled before the end
   * @throws InterruptedException if the thread is interrupted
   */
  void sleep(Duration time) throws InterruptedException;

  /**
   * Runs a callback once this token is cancelled, at once if it is already.
   *
   * <p>It runs on a new thread of the pool that the registering thread belongs to, under no lock. If a task registers it,
   * it belongs to that task's scope: it counts in its gate while it runs, so the scope's close waits for it, and it does
   * not run once that scope is closed. If it throws, that is logged and the other callbacks still run.
   *
   * @param callback what to run
   * @return the way to withdraw it
   */
  Registration onCancel(Runnable callback);

  /**
   * Closes a resource once this token is cancelled, as {@link #onCancel} would. What its {@code close} throws is logged.
   *
   * @param resource what to close, typically something that another thread is blocked in
   * @return the way to withdraw it
   */
  Registration closeOnCancel(AutoCloseable resource);

  /**
   * Runs a body in the calling thread and interrupts the thread if this token is cancelled meanwhile.
   *
   * <p>This is the way to end a blocking call that knows no tokens. It is to be asked for, call by call: an interrupt
   * closes a {@code FileChannel} for everybody who uses it, and closes a virtual thread's socket. No interrupt of the
   * library arrives after the body has ended. One that came from outside stays set, unless it came after the library's own
   * while that was still pending: the two cannot be told apart.
   *
   * @param body what to run; not started if the token is cancelled already
   * @param <T> the type of its result
   * @return what the body returned, even if the interrupt came too late to end it
   * @throws CancelledException if the token is cancelled, with what the interrupted body threw as its cause
   * @throws Exception if the body threw it, and this did not interrupt it
   */
  <T> T interruptibly(Callable<T> body) throws Exception;
}
