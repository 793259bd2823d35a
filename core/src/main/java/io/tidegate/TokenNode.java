// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static java.lang.invoke.MethodHandles.lookup;

import io.tidegate.carrier.PoolClock;
import io.tidegate.carrier.Simulator;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A token: its own cancel, its parents, and, while somebody waits or listens on it, what is attached to it. */
abstract sealed class TokenNode implements CancellationToken, BooleanSupplier permits ScopeToken, TaskToken, PlainToken {
  private static final VarHandle CANCEL =
      ConstantBootstraps.fieldVarHandle(lookup(), "cancel", VarHandle.class, TokenNode.class, Cancel.class);
  private static final VarHandle ATTACHMENTS =
      ConstantBootstraps.fieldVarHandle(lookup(), "attachments", VarHandle.class, TokenNode.class, Attachments.class);

  /*
   * A token is cancelled if it or an ancestor has a cancel. A plain token is known to no parent, so it finds that out by
   * looking up its chain, which ends at a token that is told: a scope's, which stays attached to the one above, or that of a
   * task in its gate. A cancel that it finds is stored in all nodes on its way, and only what is stored is ever answered: so
   * the first answer stays.
   *
   *   cancel        any thread
   *                 null -> TOLD      before others know the token
   *                 TOLD -> null      by a task that is about to leave its gate, see TaskToken
   *                 null or TOLD -> a cancel, once, by CAS
   *   attachments   any thread; null -> value once, by CAS; its content is guarded by its monitor. See TokenGraph.
   *
   * Who reads null though TOLD was written, as the token came to it by a race, looks up in vain.
   */
  /** Null while this token has to look above; TOLD while whoever cancels an ancestor stores the cancel here too. */
  private volatile @Nullable Cancel cancel;
  private volatile @Nullable Attachments attachments;

  TokenNode(boolean isTold) {
    if (isTold) {
      CANCEL.set(this, Cancel.TOLD);
    }
  }

  @Override
  public final TokenNode child() {
    return new PlainToken(this);
  }

  @Override
  public final TokenNode withTimeout(Duration timeout) {
    return new DeadlineToken(this, timeout, Current.pool());
  }

  @Override
  public final boolean cancel() {
    return cancel(CancelReason.of(CancelReason.Code.REQUESTED, ""));
  }

  @Override
  public final boolean cancel(CancelReason why) {
    Objects.requireNonNull(why, "reason");
    if (this == PlainToken.NONE) {
      throw new IllegalStateException("the token none() is never cancelled; cancel a child of it");
    }
    Simulator.step("is about to cancel");
    boolean first = currentCancel() == null && mark(Cancel.now(why));
    if (first) {
      TokenCancel.tell(this, why);
    }
    // Also where another call was first: it may not have come to the last descendant yet, and T2 holds for every call.
    TokenGraph.deliver(this);
    return first;
  }

  @Override
  public final boolean isCancelled() {
    Simulator.step("is about to ask whether it is cancelled");
    return isCancelledNow();
  }

  /** Says the same, as the condition of a wait: a task that waits for its cancel needs no object for that. */
  @Override
  public final boolean getAsBoolean() {
    return isCancelled();
  }

  private boolean isCancelledNow() {
    Cancel stored = cancel;
    return stored != Cancel.TOLD && (stored != null || cancelFromAbove() != null);
  }

  @Override
  public final Optional<CancelReason> reason() {
    return Optional.ofNullable(currentReason());
  }

  @Override
  public final void throwIfCancelled() {
    Simulator.step("is about to ask whether it is cancelled");
    if (isCancelledNow()) {
      throw new CancelledException(Objects.requireNonNull(currentReason()), null);
    }
  }

  @Override
  public final void awaitCancelled() throws InterruptedException {
    Waiting.forCancel(this, Current.clock(), Waiting.NO_DEADLINE);
  }

  @Override
  public final boolean awaitCancelled(Duration limit) throws InterruptedException {
    PoolClock clock = Current.clock();
    return Waiting.forCancel(this, clock, Waiting.deadline(clock, limit));
  }

  @Override
  public final void sleep(Duration time) throws InterruptedException {
    if (awaitCancelled(time)) {
      throwIfCancelled();
    }
  }

  @Override
  public final Registration onCancel(Runnable callback) {
    Objects.requireNonNull(callback, "callback");
    return Listener.register(listenedTo(), callback);
  }

  @Override
  public final Registration closeOnCancel(AutoCloseable resource) {
    Objects.requireNonNull(resource, "resource");
    return Listener.register(listenedTo(), () -> Listener.closeQuietly(resource));
  }

  /** This token; for the one that is never cancelled, and would keep callbacks for ever, one that goes with them. */
  private TokenNode listenedTo() {
    return this == PlainToken.NONE ? child() : this;
  }

  @Override
  public final <T> T interruptibly(Callable<T> body) throws Exception {
    Objects.requireNonNull(body, "body");
    throwIfCancelled();
    return new InterruptRegion().call(this, body);
  }

  final @Nullable CancelReason currentReason() {
    Cancel current = currentCancel();
    return current == null ? null : current.reason();
  }

  /** The cancel that this token answers with: its own, else the first of its ancestors', which becomes its own. */
  final @Nullable Cancel currentCancel() {
    Cancel stored = cancel;
    if (stored == Cancel.TOLD) {
      return cancelOnTheWay();
    }
    return stored != null ? stored : cancelFromAbove();
  }

  /** The cancel that this token, which is told, is about to be told. */
  @Nullable Cancel cancelOnTheWay() {
    return null;
  }

  private @Nullable Cancel cancelFromAbove() {
    TokenNode node = this;
    while (node.cancel == null && !node.isDue()) {
      if (node.parentCount() == 0) {
        return null;
      }
      if (node.parentCount() > 1) {
        break;
      }
      node = node.parent(0);
    }
    return node.cancel == Cancel.TOLD && node.cancelOnTheWay() == null ? null : TokenGraph.search(this);
  }

  /** The cancel that is stored in this node: unlike {@link #currentCancel} it looks at nothing else. */
  final @Nullable Cancel storedCancel() {
    Cancel stored = cancel;
    return stored == Cancel.TOLD ? null : stored;
  }

  /** Whether this token is not cancelled, and need not look above to know that. */
  final boolean isTold() {
    return cancel == Cancel.TOLD;
  }

  /** From here on this token has to look above. */
  final void isToldNoMore() {
    CANCEL.compareAndSet(this, Cancel.TOLD, null);
  }

  /** Stores a cancel if none is stored; says whether this call did. */
  final boolean mark(Cancel found) {
    Cancel before = cancel;
    while (before == null || before == Cancel.TOLD) {
      if (CANCEL.compareAndSet(this, before, found)) {
        return true;
      }
      before = cancel;
    }
    return false;
  }

  /** Whether this token is to be cancelled by nobody but the clock, now. */
  boolean isDue() {
    return false;
  }

  /** Stores what was found above, if anything; says whether this token has instead cancelled itself. */
  boolean settle(@Nullable Cancel inherited) {
    if (inherited != null) {
      mark(inherited);
    }
    return false;
  }

  /** The nearest scope's token, this one included, that is an only ancestor. */
  abstract @Nullable ScopeToken scope();

  abstract int parentCount();

  abstract TokenNode parent(int index);

  /** Told that this token is cancelled: wakes those who wait by it without being attached. */
  void tellOwner() {}

  final @Nullable Attachments attachmentsIfAny() {
    return attachments;
  }

  final Attachments attachments() {
    Attachments present = attachments;
    if (present == null) {
      ATTACHMENTS.compareAndSet(this, null, new Attachments());
      present = Objects.requireNonNull(attachments);
    }
    return present;
  }

  /** Called under the monitor of the attachments when this node starts to listen to its parents. */
  void attached() {}

  /** Called under the monitor of the attachments when this node ceases to listen to its parents. */
  void detached() {}

  @Override
  public String toString() {
    CancelReason why = currentReason();
    return "token " + (why == null ? "(not cancelled)" : "(" + why + ")");
  }
}
