// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** T2, {@link TaskToken}: a task that begins to wait sees the cancel, or whoever cancels sees that it waits. */
final class TaskWakeStress {
  private TaskWakeStress() {}

  /** A task that begins to wait, and its token. */
  abstract static class Race extends Meeting {
    final TaskImpl<?> task = RacePool.INLINE.task((ScopeImpl) Scope.root("race"));

    boolean cancelFindsItWaiting() {
      task.token().mark(Cancel.now(CancelReason.of(CancelReason.Code.REQUESTED, "")));
      return task.isWaiting();
    }
  }

  @JCStressTest
  @Outcome(id = {"true, true", "true, false", "false, true"}, expect = ACCEPTABLE)
  @Outcome(id = "false, false", expect = FORBIDDEN, desc = "parks, and nobody wakes it")
  @State
  public static class RealWait extends Race {
    @Actor
    public void waits(ZZ_Result r) {
      task.setWaiting(true);
      r.r1 = task.token().isCancelled();
    }

    @Actor
    public void cancels(ZZ_Result r) {
      r.r2 = cancelFindsItWaiting();
    }
  }

  /** The broken twin: looks before it says that it waits. */
  @JCStressTest
  @Outcome(id = {"true, true", "true, false", "false, true"}, expect = ACCEPTABLE)
  @Outcome(id = "false, false", expect = ACCEPTABLE_INTERESTING, desc = "parks, and nobody wakes it")
  @State
  public static class BrokenWait extends Race {
    @Actor
    public void waits(ZZ_Result r) {
      meet();
      r.r1 = task.token().isCancelled();
      window();
      task.setWaiting(true);
    }

    @Actor
    public void cancels(ZZ_Result r) {
      meet();
      r.r2 = cancelFindsItWaiting();
    }
  }
}
