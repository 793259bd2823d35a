// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.CarrierPool;
import io.tidegate.carrier.Simulator;
import org.jspecify.annotations.Nullable;

/**
 * A callback that is attached to a token.
 *
 * <p>Whoever takes it out of the token's list decides: {@link #close} withdraws it, a cancel claims it. A claimed callback
 * of a scope enters the scope's gate there and then, under the token's monitor, so a close that has cancelled the token
 * finds it inside; it is refused only where that scope is closed already.
 */
final class Listener extends Attachments.Entry implements Registration {
  private static final Log log = Log.of(CancellationToken.class);

  private final TokenNode token;
  private final Runnable callback;
  private final CarrierPool pool;
  /** The gate of the scope that the callback belongs to. */
  private final @Nullable GateImpl gate;
  /** Written by the claiming thread under the token's monitor, then read by it. */
  private @Nullable Run run;

  private Listener(TokenNode token, Runnable callback) {
    this.token = token;
    this.callback = callback;
    Stay innermost = Current.innermost();
    this.pool = Current.pool(innermost);
    this.gate = owner(innermost, token);
  }

  static Listener register(TokenNode token, Runnable callback) {
    Listener listener = new Listener(token, callback);
    if (!TokenGraph.attach(token, listener)) {
      listener.tell();
      listener.act();
    }
    return listener;
  }

  static void closeQuietly(AutoCloseable resource) {
    try {
      resource.close();
    } catch (Exception e) {
      log.warn("closing {} on cancel failed", resource, e);
    }
  }

  @Override
  public boolean close() {
    return TokenGraph.detach(token, this);
  }

  @Override
  void tell() {
    Run claimed = new Run(gate);
    if (gate == null || gate.admit(claimed)) {
      run = claimed;
    }
  }

  /** Starts a claimed callback, unless its scope is closed. */
  @Override
  void act() {
    Simulator.step("is about to start a claimed callback");
    Run claimed = run;
    if (claimed == null) {
      log.debug("a callback was dropped: its scope {} is closed", gate);
      return;
    }
    try {
      Waiting.start(pool, claimed.holderName(), claimed);
    } catch (Throwable notStarted) {
      log.error("a cancel callback of {} does not run: it got no thread", token, notStarted);
      claimed.leave();
    }
  }

  private static @Nullable GateImpl owner(@Nullable Stay registering, TokenNode token) {
    if (registering != null) {
      return registering.inGate() ? registering.gate() : null;
    }
    ScopeToken scope = token.scope();
    return scope == null ? null : scope.gate();
  }

  /** The run of the callback, a stay in the gate of its scope. */
  private final class Run extends Stay implements Runnable {
    Run(@Nullable GateImpl gate) {
      super(gate);
    }

    @Override
    public void run() {
      runsOn(Thread.currentThread());
      LogContext.restoredAfter(this::runToEnd);
    }

    private void runToEnd() {
      Current.push(this);
      try {
        describeInLogs();
        callback.run();
      } catch (Throwable thrown) {
        log.error("a cancel callback of {} failed", token, thrown);
      } finally {
        Current.pop(null);
        leave();
      }
    }

    private void describeInLogs() {
      ScopeImpl scope = gate == null ? null : gate.scope();
      if (scope != null) {
        scope.describeInLogs();
      }
    }

    void leave() {
      if (inGate()) {
        gate().leave(this);
      }
    }

    @Override
    TokenNode token() {
      return PlainToken.NONE; // it runs because of a cancel: its own waits must not end at once
    }

    @Override
    CarrierPool pool() {
      return pool;
    }

    @Override
    String holderName() {
      return "cancel callback";
    }

    @Override
    public String toString() {
      return inGate() ? "a cancel callback of " + gate().path() : "a cancel callback";
    }
  }
}
