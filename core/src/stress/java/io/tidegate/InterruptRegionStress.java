// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.Z_Result;

/** T9: the exit of an interruptible region against a cancel, and an interrupt from outside. */
final class InterruptRegionStress {
  private static final int WORKING = 0;
  private static final int FINISHED = 1;
  private static final int INTERRUPTING = 2;
  private static final int INTERRUPTED = 3;

  private InterruptRegionStress() {}

  /** What the actors know of each other: who works, and that the one who interrupts has done all that it does. */
  abstract static class Region extends Meeting {
    private volatile @Nullable Thread worker;
    private volatile boolean over;

    final void begin() {
      worker = Thread.currentThread();
    }

    final Thread awaitWorker() {
      await(() -> worker != null);
      return Objects.requireNonNull(worker);
    }

    final void end() {
      over = true;
    }

    final void awaitEnd() {
      await(() -> over);
    }

    /** Passes a region, unless the token is cancelled already. */
    static void pass(TokenNode token, Runnable body) {
      try {
        token.interruptibly(Executors.callable(body));
      } catch (CancelledException cancelled) {
        // the cancel came first
      } catch (Exception other) {
        throw new AssertionError(other);
      }
    }
  }

  /** I1: no interrupt arrives after the exit, and the exit takes along the one that came before. */
  @JCStressTest
  @Outcome(id = "false", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealExit extends Region {
    private final TokenNode token = PlainToken.root();

    @Actor
    public void work(Z_Result r) {
      begin();
      pass(token, Meeting::window);
      awaitEnd();
      r.r1 = Thread.interrupted();
    }

    @Actor
    public void cancel() {
      awaitWorker();
      token.cancel();
      end();
    }
  }

  @JCStressTest
  @Outcome(id = "false", expect = ACCEPTABLE)
  @Outcome(id = "true", expect = ACCEPTABLE_INTERESTING, desc = "interrupted after the exit")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwinExit extends Region {
    private final AtomicInteger state = new AtomicInteger(WORKING);

    @Actor
    public void work(Z_Result r) {
      begin();
      window();
      if (!state.compareAndSet(WORKING, FINISHED)) {
        Thread.interrupted();
      }
      awaitEnd();
      r.r1 = Thread.interrupted();
    }

    @Actor
    public void cancel() {
      Thread thread = awaitWorker();
      if (state.get() == WORKING) { // broken: looks, and claims nothing
        window();
        thread.interrupt();
        state.compareAndSet(WORKING, INTERRUPTED);
      }
      end();
    }
  }

  /** I3: an interrupt from outside that came before the cancel is still there after the exit. */
  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealForeign extends Region {
    private final TokenNode token = PlainToken.root();

    @Actor
    public void work(Z_Result r) {
      begin();
      pass(token, Meeting::window);
      awaitEnd();
      r.r1 = Thread.interrupted();
    }

    @Actor
    public void interruptAndCancel() {
      awaitWorker().interrupt();
      token.cancel();
      end();
    }
  }

  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE)
  @Outcome(id = "false", expect = ACCEPTABLE_INTERESTING, desc = "the interrupt from outside was swallowed")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwinForeign extends Region {
    private final AtomicInteger state = new AtomicInteger(WORKING);

    @Actor
    public void work(Z_Result r) {
      begin();
      window();
      if (!state.compareAndSet(WORKING, FINISHED)) {
        await(() -> state.get() != INTERRUPTING);
        Thread.interrupted();
      }
      awaitEnd();
      r.r1 = Thread.interrupted();
    }

    @Actor
    public void interruptAndCancel() {
      Thread thread = awaitWorker();
      thread.interrupt();
      if (state.compareAndSet(WORKING, INTERRUPTING)) {
        thread.interrupt(); // broken: does not look whether somebody else has interrupted
        state.set(INTERRUPTED);
      }
      end();
    }
  }

  /** I4: the exit of an inner region does not take the interrupt of the outer one along. */
  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealNested extends Region {
    private final TokenNode outer = PlainToken.root();
    private final TokenNode inner = PlainToken.root();

    @Actor
    public void work(Z_Result r) {
      pass(outer, () -> {
        begin();
        pass(inner, Meeting::window);
        awaitEnd();
        r.r1 = Thread.currentThread().isInterrupted();
      });
      r.r1 &= !Thread.interrupted();
    }

    @Actor
    public void cancelBoth() {
      awaitWorker();
      inner.cancel();
      outer.cancel();
      end();
    }
  }

  @JCStressTest
  @Outcome(id = "true", expect = ACCEPTABLE)
  @Outcome(id = "false", expect = ACCEPTABLE_INTERESTING, desc = "the outer region's interrupt is gone")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwinNested extends Region {
    private final AtomicInteger inner = new AtomicInteger(WORKING);

    @Actor
    public void work(Z_Result r) {
      begin();
      window();
      if (!inner.compareAndSet(WORKING, FINISHED)) {
        await(() -> inner.get() != INTERRUPTING);
        Thread.interrupted(); // broken: does not interrupt again for the outer region
      }
      awaitEnd();
      r.r1 = Thread.interrupted();
    }

    @Actor
    public void cancelBoth() {
      Thread thread = awaitWorker();
      if (inner.compareAndSet(WORKING, INTERRUPTING)) {
        thread.interrupt();
        inner.set(INTERRUPTED);
      }
      if (!thread.isInterrupted()) {
        thread.interrupt(); // the outer region's
      }
      end();
    }
  }
}
