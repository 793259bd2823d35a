// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicBoolean;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** T2, I4 of {@link TokenGraph}: when cancel returns all are told, also where another cancel was first. */
final class CancelCompleteStress {
  private CancelCompleteStress() {}

  @JCStressTest
  @Outcome(id = "1, 1", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class Real {
    private final TokenNode root = PlainToken.root();
    private final Told told = new Told();

    public Real() {
      TokenGraph.attach(root.child(), told);
    }

    @Actor
    public void one(II_Result r) {
      root.cancel();
      r.r1 = told.times();
    }

    @Actor
    public void other(II_Result r) {
      root.cancel();
      r.r2 = told.times();
    }
  }

  @JCStressTest
  @Outcome(id = "1, 1", expect = ACCEPTABLE)
  @Outcome(id = {"0, 1", "1, 0"}, expect = ACCEPTABLE_INTERESTING, desc = "a cancel returned before all were told")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwin extends Meeting {
    private final AtomicBoolean cancelled = new AtomicBoolean();
    private final Told told = new Told();

    private int cancel() {
      if (cancelled.compareAndSet(false, true)) { // broken: only the first one delivers
        window();
        told.tell();
      }
      return told.times();
    }

    @Actor
    public void one(II_Result r) {
      meet();
      r.r1 = cancel();
    }

    @Actor
    public void other(II_Result r) {
      meet();
      r.r2 = cancel();
    }
  }
}
