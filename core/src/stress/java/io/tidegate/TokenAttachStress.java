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
import org.openjdk.jcstress.infra.results.I_Result;
import org.openjdk.jcstress.infra.results.ZI_Result;

/** T2, I3 of {@link TokenGraph}: who attaches while a cancel goes by is refused, or told, once. */
final class TokenAttachStress {
  private TokenAttachStress() {}

  @JCStressTest
  @Outcome(id = "true, 1", expect = ACCEPTABLE)
  @Outcome(id = "false, 0", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealOneToken {
    private final TokenNode token = PlainToken.root();
    private final Told told = new Told();

    @Actor
    public void attach(ZI_Result r) {
      r.r1 = TokenGraph.attach(token, told);
    }

    @Actor
    public void cancel() {
      token.cancel();
    }

    @Arbiter
    public void after(ZI_Result r) {
      r.r2 = told.times();
    }
  }

  /** The path up to the cancelled token is not linked before. */
  @JCStressTest
  @Outcome(id = "true, 1", expect = ACCEPTABLE)
  @Outcome(id = "false, 0", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealPath {
    private final TokenNode root = PlainToken.root();
    private final TokenNode leaf = PlainToken.ofParents(root.child(), root.child());
    private final Told told = new Told();

    @Actor
    public void attach(ZI_Result r) {
      r.r1 = TokenGraph.attach(leaf, told);
    }

    @Actor
    public void cancel() {
      root.cancel();
    }

    @Arbiter
    public void after(ZI_Result r) {
      r.r2 = told.times();
    }
  }

  /** Another one detaches meanwhile: the path is unlinked while it is needed. */
  @JCStressTest
  @Outcome(id = "true, 1", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealDetachBeside {
    private final TokenNode root = PlainToken.root();
    private final TokenNode leaf = root.child().child();
    private final Told other = new Told();
    private final Told told = new Told();

    public RealDetachBeside() {
      TokenGraph.attach(leaf, other);
    }

    @Actor
    public void attach(ZI_Result r) {
      r.r1 = TokenGraph.attach(leaf, told);
    }

    @Actor
    public void detach() {
      TokenGraph.detach(leaf, other);
    }

    @Arbiter
    public void after(ZI_Result r) {
      root.cancel();
      r.r2 = told.times();
    }
  }

  @JCStressTest
  @Outcome(id = "true, 1", expect = ACCEPTABLE)
  @Outcome(id = "false, 0", expect = ACCEPTABLE)
  @Outcome(id = "true, 0", expect = ACCEPTABLE_INTERESTING, desc = "attached, and never told")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwin extends Meeting {
    private volatile boolean cancelled;
    private boolean attached;
    private int told;

    @Actor
    public void attach(ZI_Result r) {
      meet();
      if (cancelled) { // broken: looks before it takes the monitor that the cancel takes
        return;
      }
      window();
      synchronized (this) {
        attached = true;
        r.r1 = true;
      }
    }

    @Actor
    public void cancel() {
      meet();
      cancelled = true;
      synchronized (this) {
        if (attached) {
          told++;
        }
      }
    }

    @Arbiter
    public void after(ZI_Result r) {
      r.r2 = told;
    }
  }

  /** The twin of the pins. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE)
  @Outcome(id = "0", expect = ACCEPTABLE_INTERESTING, desc = "attached to a token that was unlinked meanwhile")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwinPins extends Meeting {
    private int entries = 1;
    private boolean linked = true;

    @Actor
    public void attach() {
      meet();
      boolean link;
      synchronized (this) {
        link = !linked; // broken: no hold is added here that keeps it linked until the entry is in
      }
      window();
      synchronized (this) {
        linked |= link;
        entries++;
      }
    }

    @Actor
    public void detach() {
      meet();
      synchronized (this) {
        entries--;
        if (entries == 0) {
          linked = false;
        }
      }
    }

    @Arbiter
    public void after(I_Result r) {
      r.r1 = linked ? entries : 0;
    }
  }
}
