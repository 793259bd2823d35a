// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tidegate.Meeting;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;
import org.openjdk.jcstress.infra.results.Z_Result;

/** I1 to I3 of {@link Turnstile}: nobody is overlooked, and the last one to leave is seen. */
final class TurnstileStress {
  private TurnstileStress() {}

  /** Who enters while it is shut is inside, or is refused: inside, all gone. */
  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE)
  @Outcome(id = "false, true", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealEnter {
    private final Turnstile turnstile = new Turnstile();

    @Actor
    public void enter(ZZ_Result r) {
      r.r1 = turnstile.enter();
    }

    @Actor
    public void shut() {
      turnstile.shut();
    }

    @Arbiter
    public void after(ZZ_Result r) {
      r.r2 = turnstile.isDone();
    }
  }

  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE)
  @Outcome(id = "false, true", expect = ACCEPTABLE)
  @Outcome(id = "true, true", expect = ACCEPTABLE_INTERESTING, desc = "inside when all are gone")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwinEnter extends Meeting {
    private final AtomicInteger inside = new AtomicInteger();
    private volatile boolean shut;
    private boolean done;

    @Actor
    public void enter(ZZ_Result r) {
      meet();
      if (!shut) { // broken: reads 'shut' before it has counted itself
        window();
        inside.incrementAndGet();
        r.r1 = true;
      }
    }

    @Actor
    public void shut() {
      meet();
      shut = true;
      done = inside.get() == 0;
    }

    @Arbiter
    public void after(ZZ_Result r) {
      r.r2 = done;
    }
  }

  /** The last one leaves while it is shut. */
  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealLeave {
    private final Turnstile turnstile = new Turnstile();

    public RealLeave() {
      turnstile.enter();
    }

    @Actor
    public void leave() {
      turnstile.leave();
    }

    @Actor
    public void shut() {
      turnstile.shut();
    }

    @Arbiter
    public void after(Z_Result r) {
      r.r1 = turnstile.isDone();
    }
  }

  /** The last two leave when it is shut, and a newcomer is refused meanwhile. */
  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealLeaveBesideRefused {
    private final Turnstile turnstile = new Turnstile();

    public RealLeaveBesideRefused() {
      turnstile.enter();
      turnstile.shut();
    }

    @Actor
    public void leave() {
      turnstile.leave();
    }

    @Actor
    public void refused() {
      turnstile.enter();
    }

    @Arbiter
    public void after(Z_Result r) {
      r.r1 = turnstile.isDone();
    }
  }

  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE)
  @Outcome(id = "false", expect = ACCEPTABLE_INTERESTING, desc = "nobody sees that it is empty")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwinLeave extends Meeting {
    private final AtomicInteger inside = new AtomicInteger(1);
    private volatile boolean shut;
    private volatile boolean done;

    @Actor
    public void leave() {
      meet();
      if (shut) { // broken: reads 'shut' before it has left
        done = inside.decrementAndGet() == 0;
      } else {
        window();
        inside.decrementAndGet();
      }
    }

    @Actor
    public void shut() {
      meet();
      shut = true;
      if (inside.get() == 0) {
        done = true;
      }
    }

    @Arbiter
    public void after(Z_Result r) {
      r.r1 = done;
    }
  }
}
