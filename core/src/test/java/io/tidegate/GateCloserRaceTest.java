// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * G2: why a closer puts itself where it will be found before it reads the level.
 *
 * <p>The twin reads first: the last one leaves in between, wakes those it finds, and the closer parks for ever. The
 * same order keeps a joiner of a task from parking after its end.
 */
final class GateCloserRaceTest {
  private final WaitList closers = new WaitList();
  private final Trail trail = new Trail();
  private volatile boolean closed;

  private void finish() {
    closed = true;
    closers.wakeAll();
  }

  /** What {@link GateImpl#awaitClosed} does: register, read, park. */
  private void await(Runnable window) {
    closers.add(Thread.currentThread());
    window.run();
    while (!closed) {
      LockSupport.park(this);
    }
    closers.remove(Thread.currentThread());
    trail.add("returned");
  }

  /** The twin: read, register, park. */
  private void awaitBroken(Runnable window) {
    boolean seen = closed;
    window.run();
    closers.add(Thread.currentThread());
    while (!seen) {
      LockSupport.park(this);
      seen = closed;
    }
    closers.remove(Thread.currentThread());
    trail.add("returned");
  }

  @Test
  void await_finishComesInTheWindow_returns() throws Exception {
    SideThread.start(() -> await(this::finish)).join();

    assertEquals(List.of("returned"), trail.events());
  }

  @Test
  void awaitBroken_finishComesInTheWindow_parksForEver() throws Exception {
    SideThread closer = SideThread.start(() -> awaitBroken(this::finish));
    Blocked.in(closer.thread(), LockSupport.class, "park");
    Blocked.until(closer.thread());

    // Nobody is left who would wake it: all that the gate does is done.
    assertTrue(closed);
    assertEquals(List.of(), trail.events());
    LockSupport.unpark(closer.thread());
    closer.join();
  }
}
