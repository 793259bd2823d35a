// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZI_Result;
import org.openjdk.jcstress.infra.results.ZZZZ_Result;

/** S1, S2, G7: work that comes while a scope begins to close ran and was waited for, or was refused and never starts. */
final class SpawnCloseStress {
  private SpawnCloseStress() {}

  /** Accepted, ran, ran when the scope was closed; closed. */
  @JCStressTest
  @Outcome(id = "true, true, false, true", expect = ACCEPTABLE)
  @Outcome(id = "false, false, false, true", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealSpawn {
    private final ScopeImpl scope = (ScopeImpl) Scope.root("scope");

    public RealSpawn() {
      MemberSlotStress.crowd(scope.gate()); // so it takes a place
    }

    @Actor
    public void spawn(ZZZZ_Result r) {
      try {
        scope.spawn(RacePool.INLINE, token -> {
          r.r2 = true;
          r.r3 = scope.isClosed();
        });
        r.r1 = true;
      } catch (GateClosedException refused) {
        r.r1 = false;
      }
    }

    @Actor
    public void close() {
      scope.beginClose();
    }

    @Arbiter
    public void after(ZZZZ_Result r) {
      r.r4 = scope.isClosed();
    }
  }

  @JCStressTest
  @Outcome(id = "true, true, false, true", expect = ACCEPTABLE)
  @Outcome(id = "false, true, .*, true", expect = ACCEPTABLE_INTERESTING, desc = "refused, and ran")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwinSpawn extends Meeting {
    private boolean closing;
    private int inside;
    private volatile boolean closed;

    private synchronized boolean enter() {
      inside += closing ? 0 : 1;
      return !closing;
    }

    private synchronized void leave() {
      inside--;
      closed = closing && inside == 0;
    }

    @Actor
    public void spawn(ZZZZ_Result r) {
      meet();
      r.r2 = true; // broken: starts, and enters after that
      window();
      r.r3 = closed;
      if (enter()) {
        r.r1 = true;
        leave();
      }
    }

    @Actor
    public synchronized void close() {
      meet();
      closing = true;
      closed = inside == 0;
    }

    @Arbiter
    public void after(ZZZZ_Result r) {
      r.r4 = closed;
    }
  }

  /** S6, G7: who finds the scope closed finds all that a visitor has done; -1 is not closed yet. */
  @JCStressTest
  @Outcome(id = "true, (42|-1)", expect = ACCEPTABLE)
  @Outcome(id = "false, (0|-1)", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealVisit {
    private final ScopeImpl scope = (ScopeImpl) Scope.root("scope");
    private int written;

    @Actor
    public void visit(ZI_Result r) {
      try {
        Visit visit = scope.enter();
        r.r1 = true;
        written = 42;
        visit.close();
      } catch (GateClosedException refused) {
        r.r1 = false;
      }
    }

    @Actor
    public void close(ZI_Result r) {
      scope.beginClose();
      r.r2 = scope.isClosed() ? written : -1;
    }
  }

  @JCStressTest
  @Outcome(id = "true, (42|-1)", expect = ACCEPTABLE)
  @Outcome(id = "false, (0|-1)", expect = ACCEPTABLE)
  @Outcome(id = "true, 0", expect = ACCEPTABLE_INTERESTING, desc = "closed, and the visitor still at work")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwinVisit extends Meeting {
    private boolean closing;
    private int inside;
    private int written;

    private synchronized boolean enter() {
      inside += closing ? 0 : 1;
      return !closing;
    }

    private synchronized void leave() {
      inside--;
    }

    @Actor
    public void visit(ZI_Result r) {
      meet();
      if (enter()) {
        r.r1 = true;
        leave(); // broken: leaves before the last thing that it does
        window();
        written = 42;
      }
    }

    @Actor
    public void close(ZI_Result r) {
      meet();
      boolean closed;
      synchronized (this) {
        closing = true;
        closed = inside == 0;
      }
      r.r2 = closed ? written : -1;
    }
  }
}
