// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.tidegate.Meeting;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** P2: a continuation that comes while the carriers are ended is run once, by them or by the JDK's scheduler. */
final class HandOverStress {
  private HandOverStress() {}

  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class Real {
    private final CarrierScheduler scheduler = new CarrierScheduler("race", 1, Runnable::run);
    private final AtomicInteger runs = new AtomicInteger();

    @Actor
    public void handOver() {
      scheduler.execute(runs::incrementAndGet);
    }

    @Actor
    public void end() {
      Uninterrupted.call(() -> scheduler.endCarriers(Duration.ofDays(1)));
    }

    @Arbiter
    public void after(I_Result r) {
      r.r1 = runs.get();
    }
  }

  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE)
  @Outcome(id = "0", expect = ACCEPTABLE_INTERESTING, desc = "lost")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwin extends Meeting {
    private final AtomicInteger queued = new AtomicInteger();
    private volatile boolean shut;
    private int runs;

    @Actor
    public void handOver() {
      meet();
      if (shut) { // broken: a flag, and nobody counts who is between it and the queue
        runs = 1;
      } else {
        window();
        queued.incrementAndGet();
      }
    }

    @Actor
    public void end(I_Result r) {
      meet();
      shut = true;
      r.r1 = queued.get(); // what the carriers find when they end
    }

    @Arbiter
    public void after(I_Result r) {
      r.r1 += runs;
    }
  }
}
