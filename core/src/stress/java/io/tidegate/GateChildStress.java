// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;
import org.openjdk.jcstress.infra.results.ZZZ_Result;

/** G3: a child that is opened while its parent begins to close, or to drain, is closed or drains with it, or is refused. */
final class GateChildStress {
  private GateChildStress() {}

  /** Opens a child and enters it: opened, inside, parent closed. */
  @JCStressTest
  @Outcome(id = "false, false, true", expect = ACCEPTABLE)
  @Outcome(id = "true, false, true", expect = ACCEPTABLE)
  @Outcome(id = "true, true, false", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealClose {
    private final GateImpl parent = new GateImpl(null, "parent");

    @Actor
    public void open(ZZZ_Result r) {
      try {
        GateImpl child = parent.child("child");
        r.r1 = true;
        r.r2 = child.tryEnter("guard").isPresent();
      } catch (GateClosedException refused) {
        r.r1 = false;
      }
    }

    @Actor
    public void close() {
      parent.beginClose();
    }

    @Arbiter
    public void after(ZZZ_Result r) {
      r.r3 = parent.isClosed();
    }
  }

  @JCStressTest
  @Outcome(id = "false, false, true", expect = ACCEPTABLE)
  @Outcome(id = "true, false, true", expect = ACCEPTABLE)
  @Outcome(id = "true, true, false", expect = ACCEPTABLE)
  @Outcome(id = "true, true, true", expect = ACCEPTABLE_INTERESTING, desc = "inside a child of a closed gate")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwinClose extends Meeting {
    private final Object child = new Object();
    private boolean opened;
    private boolean parentClosing;
    private boolean childClosing;
    private int insideChild;
    private boolean closed = true;

    @Actor
    public void open(ZZZ_Result r) {
      meet();
      synchronized (this) {
        opened = !parentClosing;
        r.r1 = opened;
      }
      synchronized (child) {
        r.r2 = r.r1 && !childClosing;
        insideChild += r.r2 ? 1 : 0;
      }
    }

    @Actor
    public void close() {
      meet();
      boolean found;
      synchronized (this) {
        found = opened; // broken: looks for children, and raises the level after that
      }
      window();
      synchronized (this) {
        parentClosing = true;
      }
      if (found) {
        synchronized (child) {
          childClosing = true;
          closed = insideChild == 0;
        }
      }
    }

    @Arbiter
    public void after(ZZZ_Result r) {
      r.r3 = closed;
    }
  }

  /** S8: one who is inside opens a child while the gate begins to drain: the child drains as well. */
  @JCStressTest
  @Outcome(id = "" + GateImpl.DRAINING, expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN)
  @State
  public static class RealDrain {
    private final ScopeImpl scope = (ScopeImpl) Scope.root("scope");
    private final TaskImpl<?> insider = RacePool.INLINE.task(scope);
    private @Nullable GateImpl child;

    public RealDrain() {
      scope.gate().enter(insider);
    }

    @Actor
    public void open() {
      RacePool.as(insider, () -> child = scope.gate().child("child"));
    }

    @Actor
    public void drain() {
      scope.gate().beginDrain();
    }

    @Arbiter
    public void after(I_Result r) {
      r.r1 = Objects.requireNonNull(child).level();
    }
  }

  @JCStressTest
  @Outcome(id = "" + GateImpl.DRAINING, expect = ACCEPTABLE)
  @Outcome(id = "" + GateImpl.OPEN, expect = ACCEPTABLE_INTERESTING, desc = "open in a tree that drains")
  @Outcome(expect = FORBIDDEN)
  @State
  public static class BrokenTwinDrain extends Meeting {
    private volatile int parentLevel = GateImpl.OPEN;
    private volatile int childLevel = GateImpl.OPEN;
    private boolean opened;

    @Actor
    public void open() {
      meet();
      int level = parentLevel; // broken: looks at the level before the child is in the list
      window();
      synchronized (this) {
        opened = true;
      }
      if (level > GateImpl.OPEN) {
        childLevel = level;
      }
    }

    @Actor
    public synchronized void drain() {
      meet();
      parentLevel = GateImpl.DRAINING;
      if (opened) {
        childLevel = GateImpl.DRAINING;
      }
    }

    @Arbiter
    public void after(I_Result r) {
      r.r1 = childLevel;
    }
  }
}
