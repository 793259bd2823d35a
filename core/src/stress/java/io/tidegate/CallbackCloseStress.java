// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IZZ_Result;
import org.openjdk.jcstress.infra.results.IZ_Result;

/** S1, I3 of {@link GateImpl}: a callback of the cancel that closes a scope has run when the scope is closed. */
final class CallbackCloseStress {
  private CallbackCloseStress() {}

  /** A scope with a callback that looks whether it outlives the scope. */
  abstract static class Listening {
    final ScopeImpl scope = (ScopeImpl) Scope.root("scope");
    private final AtomicInteger runs = new AtomicInteger();
    private volatile boolean outlived;

    Listening() {
      RacePool.as(RacePool.INLINE.task(scope), () -> scope.token().onCancel(this::run));
    }

    private void run() {
      runs.incrementAndGet();
      outlived = scope.gate().level() >= GateImpl.EMPTY;
    }

    final void judge(IZZ_Result r) {
      r.r1 = runs.get();
      r.r2 = outlived;
      r.r3 = scope.isClosed();
    }
  }

  /** Another one cancels. */
  @JCStressTest
  @Outcome(id = "1, false, true", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealCancel extends Listening {
    @Actor
    public void close() {
      scope.beginClose();
    }

    @Actor
    public void cancel() {
      scope.token().cancel();
    }

    @Arbiter
    public void after(IZZ_Result r) {
      judge(r);
    }
  }

  /** The last one leaves between the refusing and the cancel. */
  @JCStressTest
  @Outcome(id = "1, false, true", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealLeave extends Listening {
    private final Gate.Guard guard = scope.gate().enter("guard");

    @Actor
    public void close() {
      scope.beginClose();
    }

    @Actor
    public void leave() {
      guard.close();
    }

    @Arbiter
    public void after(IZZ_Result r) {
      judge(r);
    }
  }

  @JCStressTest
  @Outcome(id = "(1|0), false", expect = ACCEPTABLE)
  @Outcome(id = "1, true", expect = ACCEPTABLE_INTERESTING, desc = "the callback outlives the scope")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwin extends Meeting {
    private final AtomicBoolean cancelled = new AtomicBoolean();
    private int inside = 1;
    private boolean closing;
    private volatile boolean empty;
    private int runs;
    private boolean outlived;

    private void cancel() {
      if (cancelled.compareAndSet(false, true)) {
        synchronized (this) {
          if (empty) {
            return;
          }
          inside++;
        }
        runs = 1;
        window();
        outlived = empty;
        go();
      }
    }

    @Actor
    public void close() {
      meet();
      synchronized (this) {
        closing = true;
      }
      window();
      cancel();
    }

    @Actor
    public void leave() {
      meet();
      go();
    }

    private void go() {
      synchronized (this) {
        inside--;
        if (!closing || inside > 0) {
          return;
        }
      }
      cancel();
      window();
      synchronized (this) {
        empty = true; // broken: does not look again whether the cancel has let somebody in
      }
    }

    @Arbiter
    public void after(IZ_Result r) {
      r.r1 = runs;
      r.r2 = outlived;
    }
  }
}
