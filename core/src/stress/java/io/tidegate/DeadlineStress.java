// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LZL_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;
import org.openjdk.jcstress.infra.results.Z_Result;

/** T7: a deadline against a cancel, and the end of the watch that waits for a deadline. */
final class DeadlineStress {
  private DeadlineStress() {}

  /** T1: the deadline passes while somebody cancels: one of them is the reason, for everybody. */
  @JCStressTest
  @Outcome(id = "REQUESTED, true, REQUESTED", expect = ACCEPTABLE)
  @Outcome(id = "DEADLINE, false, DEADLINE", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealReason {
    private final RaceClock clock = new RaceClock();
    private final TokenNode token =
        new DeadlineToken(PlainToken.root(), Duration.ofNanos(1), new RacePool(clock, Runnable::run));

    @Actor
    public void pass(LZL_Result r) {
      clock.set(1);
      r.r1 = token.reason().orElseThrow().code();
    }

    @Actor
    public void cancel(LZL_Result r) {
      r.r2 = token.cancel();
    }

    @Arbiter
    public void after(LZL_Result r) {
      r.r3 = token.reason().orElseThrow().code();
    }
  }

  @JCStressTest
  @Outcome(id = "REQUESTED, true, REQUESTED", expect = ACCEPTABLE)
  @Outcome(id = "DEADLINE, false, DEADLINE", expect = ACCEPTABLE)
  @Outcome(id = "DEADLINE, true, REQUESTED", expect = ACCEPTABLE_INTERESTING, desc = "the reason has changed")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwinReason extends Meeting {
    private volatile boolean due;
    private volatile @Nullable String reason;

    private String reason() {
      String stored = reason;
      return stored == null ? "DEADLINE" : stored; // broken: the clock's answer is not stored
    }

    @Actor
    public void pass(LZL_Result r) {
      meet();
      due = true;
      r.r1 = reason();
    }

    @Actor
    public void cancel(LZL_Result r) {
      meet();
      if (!due) {
        window();
        reason = "REQUESTED";
        r.r2 = true;
      }
    }

    @Arbiter
    public void after(LZL_Result r) {
      r.r3 = reason();
    }
  }

  /** The watch begins while the last one who waits leaves: it ends, however they race. A lost wake-up hangs. */
  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealWatch {
    private final AtomicReference<@Nullable Runnable> watch = new AtomicReference<>();
    private final TokenNode token =
        new DeadlineToken(PlainToken.root(), Duration.ofDays(1), new RacePool(new RaceClock(), watch::set));
    private final Told waiter = new Told();

    public RealWatch() {
      TokenGraph.attach(token, waiter);
    }

    @Actor
    public void watch(Z_Result r) {
      Objects.requireNonNull(watch.get()).run();
      r.r1 = true;
    }

    @Actor
    public void detach() {
      TokenGraph.detach(token, waiter);
    }
  }

  @JCStressTest
  @Outcome(id = {"true, false", "true, true", "false, true"}, expect = ACCEPTABLE)
  @Outcome(id = "false, false", expect = ACCEPTABLE_INTERESTING, desc = "parks, and nobody wakes it")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwinWatch extends Meeting {
    private volatile boolean ended;
    private volatile @Nullable Thread thread;

    @Actor
    public void watch(ZZ_Result r) {
      meet();
      r.r1 = ended; // broken: looks before it has said who is to be woken
      window();
      thread = Thread.currentThread();
    }

    @Actor
    public void end(ZZ_Result r) {
      meet();
      ended = true;
      r.r2 = thread != null;
    }
  }
}
