// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;
import org.openjdk.jcstress.infra.results.Z_Result;

/** T2, {@link TaskToken}: a task that enters or leaves while its scope is cancelled, or while others listen to its token. */
final class TaskTokenStress {
  private TaskTokenStress() {}

  /** C1: a task that is in the gate is told of a cancel, whichever came first. */
  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealEnter {
    private final ScopeImpl scope = (ScopeImpl) Scope.root("scope");
    private final TaskImpl<?> task = RacePool.INLINE.task(scope);

    public RealEnter() {
      MemberSlotStress.crowd(scope.gate()); // so it takes a place
    }

    @Actor
    public void enter() {
      scope.gate().enter(task);
      task.token().entered();
    }

    @Actor
    public void cancel() {
      scope.cancel("enough");
    }

    @Arbiter
    public void after(Z_Result r) {
      r.r1 = task.token().isCancelled();
    }
  }

  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE)
  @Outcome(id = "false", expect = ACCEPTABLE_INTERESTING, desc = "runs on in a cancelled scope")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwinEnter extends Meeting {
    private volatile boolean scopeCancelled;
    private volatile boolean taskCancelled;
    private boolean inGate;

    @Actor
    public void enter() {
      meet();
      taskCancelled = scopeCancelled; // broken: looks before it is in the gate
      window();
      synchronized (this) {
        inGate = true;
      }
    }

    @Actor
    public void cancel() {
      meet();
      scopeCancelled = true;
      synchronized (this) {
        if (inGate) {
          taskCancelled = true;
        }
      }
    }

    @Arbiter
    public void after(Z_Result r) {
      r.r1 = taskCancelled;
    }
  }

  /** C2: who listens while the task leaves is told of a cancel that comes later. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealLeave {
    private final ScopeImpl scope = (ScopeImpl) Scope.root("scope");
    private final TaskImpl<?> task = RacePool.INLINE.task(scope);
    private final AtomicInteger runs = new AtomicInteger();

    public RealLeave() {
      scope.gate().enter(task);
    }

    @Actor
    public void leave() {
      task.token().leaves();
      scope.gate().leave(task);
    }

    @Actor
    public void listen() {
      RacePool.elsewhere(() -> task.token().onCancel(runs::incrementAndGet));
    }

    @Arbiter
    public void after(I_Result r) {
      scope.cancel("enough");
      r.r1 = runs.get();
    }
  }

  /** C3: who listens is told of a cancel that comes while the task leaves. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealLeaveCancelled {
    private final ScopeImpl scope = (ScopeImpl) Scope.root("scope");
    private final TaskImpl<?> task = RacePool.INLINE.task(scope);
    private final AtomicInteger runs = new AtomicInteger();

    public RealLeaveCancelled() {
      MemberSlotStress.crowd(scope.gate());
      scope.gate().enter(task);
      RacePool.elsewhere(() -> task.token().onCancel(runs::incrementAndGet));
    }

    @Actor
    public void leave() {
      task.token().leaves();
      scope.gate().leave(task);
    }

    @Actor
    public void cancel() {
      scope.cancel("enough");
    }

    @Arbiter
    public void after(I_Result r) {
      r.r1 = runs.get();
    }
  }

  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE)
  @Outcome(id = "0", expect = ACCEPTABLE_INTERESTING, desc = "attached where no cancel comes by")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwinLeave extends Meeting {
    private volatile boolean told = true;
    private volatile boolean attached;
    private volatile boolean linked;

    @Actor
    public void leave() {
      meet();
      boolean some = attached; // broken: looks what is attached while others need not link yet
      window();
      told = false;
      if (some) {
        linked = true;
      }
    }

    @Actor
    public void listen() {
      meet();
      attached = true;
      if (!told) {
        linked = true;
      }
    }

    @Arbiter
    public void after(I_Result r) {
      r.r1 = linked ? 1 : 0;
    }
  }
}
