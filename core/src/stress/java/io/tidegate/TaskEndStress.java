// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** S4, I1 of {@link TaskImpl}: the outcome is there before the state says so, and whoever joins returns. */
final class TaskEndStress {
  private TaskEndStress() {}

  /** A task that is in its scope's gate, to be run by an actor. */
  abstract static class Running {
    final ScopeImpl scope = (ScopeImpl) Scope.root("scope");
    final TaskImpl<?> task = RacePool.INLINE.task(scope);

    Running() {
      scope.gate().enter(task);
    }
  }

  @JCStressTest
  @Outcome(id = {"RUNNING, none", "SUCCEEDED, done"}, expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealOutcome extends Running {
    @Actor
    public void run() {
      task.run();
    }

    @Actor
    public void look(LL_Result r) {
      Task.State state = task.state();
      r.r1 = state;
      r.r2 = state == Task.State.RUNNING ? "none" : task.result();
    }
  }

  @JCStressTest
  @Outcome(id = {"RUNNING, none", "SUCCEEDED, done"}, expect = ACCEPTABLE)
  @Outcome(id = "SUCCEEDED, null", expect = ACCEPTABLE_INTERESTING, desc = "has ended, and has no outcome")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwinOutcome extends Meeting {
    private volatile boolean ended;
    private @Nullable String outcome;

    @Actor
    public void run() {
      meet();
      ended = true; // broken: the state before the outcome
      window();
      outcome = "done";
    }

    @Actor
    public void look(LL_Result r) {
      meet();
      boolean seen = ended;
      r.r1 = seen ? "SUCCEEDED" : "RUNNING";
      r.r2 = seen ? outcome : "none";
    }
  }

  /** A lost wake-up hangs. */
  @JCStressTest
  @Outcome(id = "SUCCEEDED, done", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealJoin extends Running {
    @Actor
    public void run() {
      task.run();
    }

    @Actor
    public void join(LL_Result r) {
      task.joinThroughAll(Current.clock(), Waiting.NO_DEADLINE);
      r.r1 = task.state();
      r.r2 = task.result();
    }
  }

  /** The list of the joiners is made by the first of them, while the end looks for it. */
  @JCStressTest
  @Outcome(id = {"true, false", "true, true", "false, true"}, expect = ACCEPTABLE)
  @Outcome(id = "false, false", expect = ACCEPTABLE_INTERESTING, desc = "parks, and nobody wakes it")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwinJoin extends Meeting {
    private final WaitList list = new WaitList();
    private volatile @Nullable WaitList joiners;
    private volatile boolean ended;

    @Actor
    public void run(ZZ_Result r) {
      meet();
      ended = true;
      r.r2 = joiners != null;
    }

    @Actor
    public void join(ZZ_Result r) {
      meet();
      r.r1 = ended; // broken: looks before it is where the end finds it
      window();
      joiners = list;
    }
  }
}
