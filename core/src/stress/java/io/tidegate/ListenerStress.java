// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;
import org.openjdk.jcstress.infra.results.ZI_Result;

/** T6: a callback is run once or was withdrawn, and {@link Registration#close} says which. */
final class ListenerStress {
  private ListenerStress() {}

  /** A callback is registered while a cancel goes by. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealRegister {
    private final TokenNode token = PlainToken.root();
    private final AtomicInteger runs = new AtomicInteger();

    @Actor
    public void register() {
      RacePool.elsewhere(() -> token.onCancel(runs::incrementAndGet));
    }

    @Actor
    public void cancel() {
      token.cancel();
    }

    @Arbiter
    public void after(I_Result r) {
      r.r1 = runs.get();
    }
  }

  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE)
  @Outcome(id = "2", expect = ACCEPTABLE_INTERESTING, desc = "ran twice")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwinRegister extends Meeting {
    private final AtomicInteger runs = new AtomicInteger();
    private volatile boolean cancelled;
    private boolean attached;

    @Actor
    public void register() {
      meet();
      synchronized (this) {
        attached = true;
      }
      window();
      if (cancelled) { // broken: looks after it was inserted, when the cancel may have claimed it
        runs.incrementAndGet();
      }
    }

    @Actor
    public void cancel() {
      meet();
      cancelled = true;
      synchronized (this) {
        if (attached) {
          runs.incrementAndGet();
        }
      }
    }

    @Arbiter
    public void after(I_Result r) {
      r.r1 = runs.get();
    }
  }

  /** A callback is withdrawn while a cancel goes by. */
  @JCStressTest
  @Outcome(id = "true, 0", expect = ACCEPTABLE)
  @Outcome(id = "false, 1", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealWithdraw {
    private final TokenNode token = PlainToken.root();
    private final AtomicInteger runs = new AtomicInteger();
    private @Nullable Registration registration;

    public RealWithdraw() {
      RacePool.elsewhere(() -> registration = token.onCancel(runs::incrementAndGet));
    }

    @Actor
    public void withdraw(ZI_Result r) {
      r.r1 = Objects.requireNonNull(registration).close();
    }

    @Actor
    public void cancel() {
      token.cancel();
    }

    @Arbiter
    public void after(ZI_Result r) {
      r.r2 = runs.get();
    }
  }

  @JCStressTest
  @Outcome(id = "true, 0", expect = ACCEPTABLE)
  @Outcome(id = "false, 1", expect = ACCEPTABLE)
  @Outcome(id = "true, 1", expect = ACCEPTABLE_INTERESTING, desc = "withdrawn, and ran")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwinWithdraw extends Meeting {
    private volatile boolean attached = true;
    private volatile int runs;

    @Actor
    public void withdraw(ZI_Result r) {
      meet();
      if (attached) { // broken: looked at and taken out in two steps
        window();
        attached = false;
        r.r1 = true;
      }
    }

    @Actor
    public void cancel() {
      meet();
      if (attached) {
        attached = false;
        runs = 1;
      }
    }

    @Arbiter
    public void after(ZI_Result r) {
      r.r2 = runs;
    }
  }
}
