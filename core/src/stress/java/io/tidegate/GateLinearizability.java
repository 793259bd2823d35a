// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.ArrayDeque;
import org.jetbrains.lincheck.datastructures.Operation;

/**
 * G1, G2, I1 to I3 of {@link GateImpl}: to one closer and one holder a gate is a level and a count. To more it is not:
 * while a close begins, others may see it closing and empty, and not closed yet.
 */
final class GateLinearizability {
  private GateLinearizability() {}

  public static class Real {
    private final GateImpl gate = new GateImpl(null, "gate");
    private final ArrayDeque<Gate.Guard> guards = new ArrayDeque<>();

    @Operation(nonParallelGroup = "holder")
    public boolean tryEnter() {
      int before = guards.size();
      // By a clock that starts no thread: Lincheck knows two.
      RacePool.elsewhere(() -> gate.tryEnter("guard").ifPresent(guards::push));
      return guards.size() > before;
    }

    @Operation(nonParallelGroup = "holder")
    public void leave() {
      if (!guards.isEmpty()) {
        guards.pop().close();
      }
    }

    @Operation(nonParallelGroup = "closer")
    public void beginClose() {
      gate.beginClose();
    }

    @Operation(nonParallelGroup = "closer")
    public boolean isClosed() {
      return gate.isClosed();
    }

    @Operation
    public boolean isClosing() {
      return gate.isClosing();
    }
  }

  public static class BrokenTwin {
    private volatile boolean closing;
    private int inside;

    @Operation(nonParallelGroup = "holder")
    public boolean tryEnter() {
      if (closing) { // broken: the level is tested outside the lock under which the member is added
        return false;
      }
      synchronized (this) {
        inside++;
        return true;
      }
    }

    @Operation(nonParallelGroup = "holder")
    public synchronized void leave() {
      inside = Math.max(0, inside - 1);
    }

    @Operation(nonParallelGroup = "closer")
    public synchronized void beginClose() {
      closing = true;
    }

    @Operation(nonParallelGroup = "closer")
    public synchronized boolean isClosed() {
      return closing && inside == 0;
    }

    @Operation
    public boolean isClosing() {
      return closing;
    }
  }

  /** What one thread alone would see. */
  public static class Sequential {
    private boolean closing;
    private int inside;

    public boolean tryEnter() {
      inside += closing ? 0 : 1;
      return !closing;
    }

    public void leave() {
      inside = Math.max(0, inside - 1);
    }

    public void beginClose() {
      closing = true;
    }

    public boolean isClosed() {
      return closing && inside == 0;
    }

    public boolean isClosing() {
      return closing;
    }
  }
}
