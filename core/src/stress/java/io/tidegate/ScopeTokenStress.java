// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.Z_Result;

/** T2: a scope's token that is made while its parent is cancelled is born cancelled, or told: a look-up ends at it. */
final class ScopeTokenStress {
  private ScopeTokenStress() {}

  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class Real {
    private final GateImpl gate = new GateImpl(null, "gate");
    private final ScopeToken parent = new ScopeToken(null, gate);
    private @Nullable ScopeToken child;

    @Actor
    public void open() {
      child = new ScopeToken(parent, gate);
    }

    @Actor
    public void cancel() {
      parent.cancel();
    }

    @Arbiter
    public void after(Z_Result r) {
      r.r1 = Objects.requireNonNull(child).child().isCancelled();
    }
  }

  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE)
  @Outcome(id = "false", expect = ACCEPTABLE_INTERESTING, desc = "never hears of it")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwin extends Meeting {
    private volatile boolean parentCancelled;
    private volatile boolean childCancelled;
    private boolean anchored;

    @Actor
    public void open() {
      meet();
      childCancelled = parentCancelled; // broken: looks at the parent before it is in the parent's list
      window();
      synchronized (this) {
        anchored = true;
      }
    }

    @Actor
    public void cancel() {
      meet();
      parentCancelled = true;
      synchronized (this) {
        if (anchored) {
          childCancelled = true;
        }
      }
    }

    @Arbiter
    public void after(Z_Result r) {
      r.r1 = childCancelled;
    }
  }
}
