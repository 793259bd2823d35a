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
import org.openjdk.jcstress.infra.results.IZ_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** I3, I5 of {@link GateImpl}: of those who may find the closing gate empty exactly one carries the closing on. */
final class GateLeaveStress {
  private GateLeaveStress() {}

  /** A gate below another one, which writes down each end of the lower one. */
  abstract static class Tree {
    final GateImpl parent = new GateImpl(null, "parent");
    final GateImpl child = parent.child("child");
    final Gate.Guard guard = child.enter("guard");

    final void judge(IZ_Result r) {
      r.r1 = parent.closeLog().endedChildren().size();
      r.r2 = parent.isClosed();
    }
  }

  /** The last two leave at once. */
  @JCStressTest
  @Outcome(id = "1, true", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealLeaveLeave extends Tree {
    private final Gate.Guard other = child.enter("other");

    public RealLeaveLeave() {
      parent.beginClose();
    }

    @Actor
    public void one() {
      guard.close();
    }

    @Actor
    public void other() {
      other.close();
    }

    @Arbiter
    public void after(IZ_Result r) {
      judge(r);
    }
  }

  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE)
  @Outcome(id = "2", expect = ACCEPTABLE_INTERESTING, desc = "both were the last one")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwinLeaveLeave extends Meeting {
    private final AtomicInteger inside = new AtomicInteger(2);
    private final AtomicInteger ends = new AtomicInteger();

    private void leave() {
      inside.decrementAndGet();
      window();
      if (inside.get() == 0) { // broken: not the same atomic step as the leaving
        ends.incrementAndGet();
      }
    }

    @Actor
    public void one() {
      meet();
      leave();
    }

    @Actor
    public void other() {
      meet();
      leave();
    }

    @Arbiter
    public void after(I_Result r) {
      r.r1 = ends.get();
    }
  }

  /** The last one leaves while a close begins. */
  @JCStressTest
  @Outcome(id = "1, true", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealLeaveClose extends Tree {
    @Actor
    public void leave() {
      guard.close();
    }

    @Actor
    public void close() {
      parent.beginClose();
    }

    @Arbiter
    public void after(IZ_Result r) {
      judge(r);
    }
  }

  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE)
  @Outcome(id = "0", expect = ACCEPTABLE_INTERESTING, desc = "nobody carries the closing on")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwinLeaveClose extends Meeting {
    private final AtomicInteger ends = new AtomicInteger();
    private boolean closing;
    private int inside = 1;

    @Actor
    public void leave() {
      meet();
      synchronized (this) {
        inside--;
        if (closing && inside == 0) {
          ends.incrementAndGet();
        }
      }
    }

    @Actor
    public void close() {
      meet();
      boolean empty;
      synchronized (this) {
        empty = inside == 0; // broken: looks whether it is empty, and raises the level after that
      }
      window();
      synchronized (this) {
        closing = true;
      }
      if (empty) {
        ends.incrementAndGet();
      }
    }

    @Arbiter
    public void after(I_Result r) {
      r.r1 = ends.get();
    }
  }

  /** Two close one gate at once. */
  @JCStressTest
  @Outcome(id = "1, true", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealCloseClose extends Tree {
    public RealCloseClose() {
      guard.close();
    }

    @Actor
    public void one() {
      parent.beginClose();
    }

    @Actor
    public void other() {
      child.beginClose();
      parent.beginClose();
    }

    @Arbiter
    public void after(IZ_Result r) {
      r.r1 = 1;
      r.r2 = parent.isClosed() && child.isClosed() && parent.ownMembers().isEmpty();
    }
  }

  /** G4: a guard is released by two at once, while another one is inside. */
  @JCStressTest
  @Outcome(id = "1, false", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealTwiceReleased {
    private final GateImpl gate = new GateImpl(null, "gate");
    private final Gate.Guard guard = gate.enter("guard");

    public RealTwiceReleased() {
      gate.enter("stays");
      gate.beginClose();
    }

    @Actor
    public void one() {
      guard.close();
    }

    @Actor
    public void other() {
      guard.close();
    }

    @Arbiter
    public void after(IZ_Result r) {
      r.r1 = gate.ownMembers().size();
      r.r2 = gate.isClosed();
    }
  }

  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE)
  @Outcome(id = "0", expect = ACCEPTABLE_INTERESTING, desc = "it took the place of the one inside")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwinTwiceReleased extends Meeting {
    private final AtomicInteger inside = new AtomicInteger(2);
    private volatile boolean released;

    private void release() {
      if (!released) { // broken: looked at and set in two steps, outside the gate's lock
        window();
        released = true;
        inside.decrementAndGet();
      }
    }

    @Actor
    public void one() {
      meet();
      release();
    }

    @Actor
    public void other() {
      meet();
      release();
    }

    @Arbiter
    public void after(I_Result r) {
      r.r1 = inside.get();
    }
  }
}
