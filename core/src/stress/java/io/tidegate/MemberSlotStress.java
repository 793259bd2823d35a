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
import org.openjdk.jcstress.infra.results.ZZ_Result;
import org.openjdk.jcstress.infra.results.Z_Result;

/** G1, G2, S2, S4 of {@link MemberSlots}: who takes a place or leaves it while a close begins is waited for, or refused. */
final class MemberSlotStress {
  private MemberSlotStress() {}

  /** Has as many come and go as it takes for the gate to have slots. */
  static void crowd(Gate gate) {
    for (int i = 0; i < MemberSlots.CROWD; i++) {
      gate.enter("crowd").close();
    }
  }

  /** A guard comes and goes, another one comes, while the gate closes. */
  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE)
  @Outcome(id = "false, true", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealSecondGuard {
    private final GateImpl gate = new GateImpl(null, "gate");

    public RealSecondGuard() {
      crowd(gate);
    }

    @Actor
    public void enter(ZZ_Result r) {
      gate.tryEnter("first").ifPresent(Gate.Guard::close);
      r.r1 = gate.tryEnter("second").isPresent();
    }

    @Actor
    public void close() {
      gate.beginClose();
    }

    @Arbiter
    public void after(ZZ_Result r) {
      r.r2 = gate.isClosed();
    }
  }

  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE)
  @Outcome(id = "false, true", expect = ACCEPTABLE)
  @Outcome(id = "true, true", expect = ACCEPTABLE_INTERESTING, desc = "inside a closed gate")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwin extends Meeting {
    private volatile boolean closing;
    private volatile boolean placed;
    private boolean closed;

    @Actor
    public void enter(ZZ_Result r) {
      meet();
      if (closing) {
        return;
      }
      window();
      placed = true; // broken: the level is not read again
      r.r1 = true;
    }

    @Actor
    public void close() {
      meet();
      closing = true;
      closed = !placed;
    }

    @Arbiter
    public void after(ZZ_Result r) {
      r.r2 = closed;
    }
  }

  /** Two guards leave while the gate begins to close and counts them: the one who leaves or the one who closes finds it empty. */
  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealLastOne {
    private final GateImpl gate = new GateImpl(null, "gate");
    private final Gate.Guard listed = gate.enter("listed");
    private final Gate.Guard placed;

    public RealLastOne() {
      crowd(gate);
      placed = gate.enter("placed");
    }

    @Actor
    public void leave() {
      placed.close();
      listed.close();
    }

    @Actor
    public void close() {
      gate.beginClose();
    }

    @Arbiter
    public void after(Z_Result r) {
      r.r1 = gate.isClosed();
    }
  }

  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE)
  @Outcome(id = "false", expect = ACCEPTABLE_INTERESTING, desc = "a close that nobody ends")
  @State
  public static class BrokenLastOne extends Meeting {
    private final AtomicInteger counted = new AtomicInteger();
    private volatile boolean empty;

    @Actor
    public void leave() {
      meet();
      if (counted.decrementAndGet() == 0) {
        empty = true;
      }
    }

    @Actor
    public void close() {
      meet();
      window();
      counted.addAndGet(1); // broken: it does not look afterwards
    }

    @Arbiter
    public void after(Z_Result r) {
      r.r1 = empty;
    }
  }
}
