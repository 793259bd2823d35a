// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZL_Result;

/** T1: of two cancels that race one returns true, and its reason stays. */
final class CancelOnceStress {
  private static final CancelReason A = CancelReason.of(CancelReason.Code.REQUESTED, "A");
  private static final CancelReason B = CancelReason.of(CancelReason.Code.REQUESTED, "B");

  private CancelOnceStress() {}

  @JCStressTest
  @Outcome(id = "true, false, A", expect = ACCEPTABLE)
  @Outcome(id = "false, true, B", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class Real {
    private final TokenNode token = PlainToken.root();

    @Actor
    public void one(ZZL_Result r) {
      r.r1 = token.cancel(A);
    }

    @Actor
    public void other(ZZL_Result r) {
      r.r2 = token.cancel(B);
    }

    @Arbiter
    public void after(ZZL_Result r) {
      r.r3 = token.reason().orElseThrow().text();
    }
  }

  @JCStressTest
  @Outcome(id = "true, false, A", expect = ACCEPTABLE)
  @Outcome(id = "false, true, B", expect = ACCEPTABLE)
  @Outcome(id = "true, true, [AB]", expect = ACCEPTABLE_INTERESTING, desc = "both were first")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwin extends Meeting {
    private volatile @Nullable String reason;

    private boolean cancel(String why) {
      if (reason != null) {
        return false;
      }
      window(); // broken: looked at and stored in two steps, where the token has a CAS
      reason = why;
      return true;
    }

    @Actor
    public void one(ZZL_Result r) {
      meet();
      r.r1 = cancel("A");
    }

    @Actor
    public void other(ZZL_Result r) {
      meet();
      r.r2 = cancel("B");
    }

    @Arbiter
    public void after(ZZL_Result r) {
      r.r3 = reason;
    }
  }
}
