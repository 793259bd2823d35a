// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * Knows who is inside, refuses newcomers once it closes, and lets the closer wait for those inside.
 *
 * <p>Whoever touches what the gate protects holds a {@link Guard}. Once {@link #close} has returned nobody does, so what it
 * protects may be deleted. A gate asks nobody to leave: that is what a {@link CancellationToken} is for. A {@link Scope}
 * joins the two.
 *
 * <p>Gates form a tree. Closing a gate closes its descendants, and waits for them, and touches nothing else.
 *
 * {@snippet class="io.tidegate.Snippets" region="gate"}
 *
 * <p><b>Slow closes.</b> A close that takes longer than 100 ms logs who is still inside: path, holder, kind, age, note, what
 * its thread does and what it is parked on; again after 1 s, 10 s and then each 60 s. A late holder that leaves is logged,
 * and so is the end.
 *
 * <p><b>Threads:</b> safe for use by any thread. A guard may be released by any thread.
 *
 * <p><b>Memory consistency effects:</b> what a holder did before it released its guard <i>happens-before</i> {@link #close}
 * returning.
 */
public sealed interface Gate permits GateImpl {
  /**
   * {@return a new gate without a parent}
   *
   * @param name what it protects, for people
   */
  static Gate create(String name) {
    return GateImpl.root(name);
  }

  /**
   * {@return a new gate below this one; while it is not closed, this one is not either}
   *
   * @param name what it protects, for people
   * @throws GateClosedException if this gate is closing or closed
   */
  Gate child(String name);

  /** {@return the names from the root to this gate, separated by slashes} */
  String path();

  /**
   * Enters. Never blocks.
   *
   * @param holder who enters, as people should read it while a close waits
   * @return the guard, to be closed when the holder leaves
   * @throws GateClosedException if this gate is closing or closed
   */
  Guard enter(String holder);

  /**
   * {@return the guard of a new holder, as {@link #enter} gives it; empty if this gate is closing or closed}
   *
   * @param holder who enters, as people should read it while a close waits
   */
  Optional<Guard> tryEnter(String holder);

  /**
   * Runs a body inside.
   *
   * @param holder who enters
   * @param body what to run
   * @param <T> the type of its result
   * @return what the body returned
   * @throws GateClosedException if this gate is closing or closed; the body did not start
   * @throws Exception what the body threw
   */
  <T> T call(String holder, Callable<T> body) throws Exception;

  /**
   * Runs a body inside.
   *
   * @param holder who enters
   * @param body what to run
   * @throws GateClosedException if this gate is closing or closed; the body did not start
   */
  void run(String holder, Runnable body);

  /** Begins to close this gate and its descendants: newcomers are refused, for ever. Waits for nobody. */
  void beginClose();

  /**
   * Closes: begins to, then waits until everybody has left this gate and all its descendants. May be called again, and by
   * several threads: all of them wait. An interrupt does not end the wait; the status is restored.
   *
   * @throws IllegalStateException if the calling task, or thread, is itself inside; nothing has begun then. Or if a
   *     holder waits for the caller in a cycle, see {@link Scope}; then the close has begun, and goes on
   */
  void close();

  /**
   * Closes as {@link #close()} does, and waits for a limited time. The limit ends only the waiting: the gate stays closing.
   *
   * @param limit how long to wait at most
   * @return what was waited for, and who is left
   * @throws IllegalStateException if the calling task, or thread, is itself inside; nothing has begun then. Or if a
   *     holder waits for the caller in a cycle, see {@link Scope}; then the close has begun, and goes on
   */
  CloseReport close(Duration limit);

  /** {@return whether closing has begun} */
  boolean isClosing();

  /** {@return whether closing has ended: nobody is inside, and nobody ever will be} */
  boolean isClosed();

  /**
   * {@return who is inside this gate and its descendants, oldest first; a weakly consistent snapshot} Guards whose ages differ
   * by less than these are told to, see {@link Holder#age}, come in any order.
   */
  List<Holder> holders();

  /** A held entry. */
  sealed interface Guard extends AutoCloseable permits GuardImpl {
    /**
     * Says what the holder is doing, for those who wait on it.
     *
     * @param text replaces the note before
     */
    void note(String text);

    /**
     * {@return a second guard of the same gate, in the name of the caller}
     *
     * @param holder who enters
     * @throws GateClosedException if the gate is closing or closed, though this guard is held
     */
    Guard another(String holder);

    /** Leaves. Any thread may do it; doing it again has no effect. */
    @Override
    void close();
  }
}
