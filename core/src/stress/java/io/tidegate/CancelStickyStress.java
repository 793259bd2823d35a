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

/** T1: a look-up up the chain stores what it finds, so its first answer stays. */
final class CancelStickyStress {
  private CancelStickyStress() {}

  @JCStressTest
  @Outcome(id = "none, (none|A)", expect = ACCEPTABLE)
  @Outcome(id = "A, A", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class Real {
    private final TokenNode root = PlainToken.root();
    private final TokenNode leaf = root.child().child();

    @Actor
    public void look(LL_Result r) {
      r.r1 = leaf.reason().map(CancelReason::text).orElse("none");
      r.r2 = leaf.reason().map(CancelReason::text).orElse("none");
    }

    @Actor
    public void cancel() {
      root.cancel(CancelReason.of(CancelReason.Code.REQUESTED, "A"));
      leaf.cancel(CancelReason.of(CancelReason.Code.REQUESTED, "B"));
    }
  }

  @JCStressTest
  @Outcome(id = "none, .*", expect = ACCEPTABLE)
  @Outcome(id = "A, A", expect = ACCEPTABLE)
  @Outcome(id = "B, B", expect = ACCEPTABLE)
  @Outcome(id = "A, B", expect = ACCEPTABLE_INTERESTING, desc = "the answer has changed")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwin extends Meeting {
    private volatile @Nullable String root;
    private volatile @Nullable String leaf;

    private String reason() {
      String own = leaf;
      if (own != null) {
        return own;
      }
      String above = root; // broken: found, answered, and not stored in the leaf
      return above == null ? "none" : above;
    }

    @Actor
    public void look(LL_Result r) {
      meet();
      r.r1 = reason();
      window();
      r.r2 = reason();
    }

    @Actor
    public void cancel() {
      meet();
      root = "A";
      leaf = "B";
    }
  }
}
