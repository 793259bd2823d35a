// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tidegate.Meeting;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** {@link CarrierRoll}: a carrier is written down in one step. */
final class CarrierRollStress {
  private CarrierRollStress() {}

  /** Two carriers start: each has a number of its own, the lowest. */
  @JCStressTest
  @Outcome(id = {"1, 2", "2, 1"}, expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealAdd {
    private static final Carrier ONE = new Carrier(new Thread());
    private static final Carrier OTHER = new Carrier(new Thread());

    private final CarrierRoll roll = new CarrierRoll();

    @Actor
    public void one(II_Result r) {
      r.r1 = roll.add(ONE);
    }

    @Actor
    public void other(II_Result r) {
      r.r2 = roll.add(OTHER);
    }
  }

  @JCStressTest
  @Outcome(id = {"1, 2", "2, 1"}, expect = ACCEPTABLE)
  @Outcome(id = "1, 1", expect = ACCEPTABLE_INTERESTING, desc = "two have one number")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwinAdd extends Meeting {
    private volatile int last;

    private int add() {
      int number = last + 1; // broken: read and replaced in two steps
      window();
      last = number;
      return number;
    }

    @Actor
    public void one(II_Result r) {
      meet();
      r.r1 = add();
    }

    @Actor
    public void other(II_Result r) {
      meet();
      r.r2 = add();
    }
  }
}
