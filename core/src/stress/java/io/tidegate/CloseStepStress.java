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
import org.openjdk.jcstress.infra.results.ZIZ_Result;
import org.openjdk.jcstress.infra.results.ZI_Result;

/** S8: a close step that is added while the scope closes runs, or is refused. */
final class CloseStepStress {
  private CloseStepStress() {}

  @JCStressTest
  @Outcome(id = "true, 1, true", expect = ACCEPTABLE)
  @Outcome(id = "false, 0, true", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class Real {
    private final ScopeImpl scope = (ScopeImpl) Scope.root("scope");
    private final AtomicInteger runs = new AtomicInteger();

    @Actor
    public void add(ZIZ_Result r) {
      try {
        scope.onClosed("step", runs::incrementAndGet);
        r.r1 = true;
      } catch (GateClosedException refused) {
        r.r1 = false;
      }
    }

    @Actor
    public void close() {
      RacePool.elsewhere(scope::beginClose);
    }

    @Arbiter
    public void after(ZIZ_Result r) {
      r.r2 = runs.get();
      r.r3 = scope.isClosed();
    }
  }

  @JCStressTest
  @Outcome(id = "true, 1", expect = ACCEPTABLE)
  @Outcome(id = "false, 0", expect = ACCEPTABLE)
  @Outcome(id = "true, 0", expect = ACCEPTABLE_INTERESTING, desc = "accepted, and never run")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwin extends Meeting {
    private volatile boolean releasing;
    private boolean added;
    private int runs;

    @Actor
    public void add(ZI_Result r) {
      meet();
      if (releasing) { // broken: looked at outside the monitor under which the step is added
        return;
      }
      window();
      synchronized (this) {
        added = true;
        r.r1 = true;
      }
    }

    @Actor
    public synchronized void close() {
      meet();
      releasing = true;
      runs = added ? 1 : 0;
    }

    @Arbiter
    public void after(ZI_Result r) {
      r.r2 = runs;
    }
  }
}
