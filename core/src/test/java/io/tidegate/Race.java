// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CyclicBarrier;

/** Runs bodies side by side, started by one barrier. */
public final class Race {
  private static final int ROUNDS = 2_000;

  private Race() {}

  /** Makes the bodies of one round, and checks what came out when all have ended. */
  public interface Round {
    /** The bodies to race, of a new subject. */
    List<CloseStep> bodies() throws Exception;

    void check() throws Exception;
  }

  public static void run(Round round) throws Exception {
    for (int i = 0; i < ROUNDS; i++) {
      List<CloseStep> bodies = new ArrayList<>(round.bodies());
      Collections.rotate(bodies, i); // the last one to come to the barrier is the first one to go on
      once(bodies);
      round.check();
    }
  }

  public static void once(List<CloseStep> bodies) throws Exception {
    CyclicBarrier start = new CyclicBarrier(bodies.size());
    List<SideThread> sides = new ArrayList<>();
    for (CloseStep body : bodies) {
      sides.add(SideThread.start(() -> {
        start.await();
        body.run();
      }));
    }
    for (SideThread side : sides) {
      side.join();
    }
  }
}
