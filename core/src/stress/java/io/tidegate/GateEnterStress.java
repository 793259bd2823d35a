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
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** G1, G2, I2 of {@link GateImpl}: who enters while a close begins is waited for, or refused. */
final class GateEnterStress {
  private GateEnterStress() {}

  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE)
  @Outcome(id = "false, true", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class Real {
    private final GateImpl gate = new GateImpl(null, "gate");

    @Actor
    public void enter(ZZ_Result r) {
      r.r1 = gate.tryEnter("guard").isPresent();
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
    private int inside;
    private boolean closed;

    @Actor
    public void enter(ZZ_Result r) {
      meet();
      if (closing) { // broken: the level is tested outside the lock under which the member is added
        return;
      }
      window();
      synchronized (this) {
        inside++;
        r.r1 = true;
      }
    }

    @Actor
    public synchronized void close() {
      meet();
      closing = true;
      closed = inside == 0;
    }

    @Arbiter
    public void after(ZZ_Result r) {
      r.r2 = closed;
    }
  }

  /** A guard makes another one while a close begins. */
  @JCStressTest
  @Outcome(id = "(true|false), false", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealAnother {
    private final GateImpl gate = new GateImpl(null, "gate");
    private final Gate.Guard guard = gate.enter("guard");
    private int left;

    @Actor
    public void another(ZZ_Result r) {
      try {
        guard.another("another");
        r.r1 = true;
      } catch (GateClosedException refused) {
        r.r1 = false;
      }
    }

    @Actor
    public void close() {
      gate.beginClose();
    }

    @Arbiter
    public void after(ZZ_Result r) {
      left = gate.ownMembers().size();
      r.r2 = gate.isClosed() || left != (r.r1 ? 2 : 1);
    }
  }
}
