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
import org.openjdk.jcstress.infra.results.Z_Result;

/** G2: a closer that begins to wait while the gate becomes closed returns. A lost wake-up hangs. */
final class GateCloserStress {
  private GateCloserStress() {}

  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class Real {
    private final RaceClock clock = new RaceClock();
    private final GateImpl gate = new GateImpl(null, "gate");
    private final Gate.Guard guard = gate.enter("guard");

    @Actor
    public void close(Z_Result r) {
      Meeting.await(gate::isClosing);
      r.r1 = gate.awaitClosed(clock, Waiting.NO_DEADLINE);
    }

    @Actor
    public void leave() {
      gate.beginClose();
      guard.close();
    }
  }

  /** Two wait: the one that does not tell is woken as well. */
  @JCStressTest
  @Outcome(id = "true, true", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealTwoClosers {
    private final RaceClock clock = new RaceClock();
    private final GateImpl gate = new GateImpl(null, "gate");
    private final Gate.Guard guard = gate.enter("guard");

    @Actor
    public void close(ZZ_Result r) {
      gate.beginClose();
      r.r1 = gate.awaitClosed(clock, Waiting.NO_DEADLINE);
    }

    /** Waits until a deadline that has passed, and lets go what the other one waits for. */
    @Actor
    public void giveUp(ZZ_Result r) {
      gate.beginClose();
      r.r2 = !gate.awaitClosed(clock, clock.nanoTime());
      guard.close();
    }
  }

  @JCStressTest
  @Outcome(id = {"true, false", "true, true", "false, true"}, expect = ACCEPTABLE)
  @Outcome(id = "false, false", expect = ACCEPTABLE_INTERESTING, desc = "parks, and nobody wakes it")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwin extends Meeting {
    private volatile boolean waiting;
    private volatile boolean closed;

    @Actor
    public void close(ZZ_Result r) {
      meet();
      waiting = true;
      r.r1 = closed;
    }

    @Actor
    public void finish(ZZ_Result r) {
      meet();
      r.r2 = waiting; // broken: wakes those who wait before it sets the level
      window();
      closed = true;
    }
  }
}
