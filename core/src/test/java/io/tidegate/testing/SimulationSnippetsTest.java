// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.Logs;
import io.tidegate.Scope;
import io.tidegate.TaskKind;
import io.tidegate.carrier.CarrierPool;
import io.tidegate.sync.SeqWait;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The examples of the package's documentation. */
@Tag("with-flag")
class SimulationSnippetsTest {
  private enum Kind implements TaskKind {
    OPEN,
    FLUSH;

    @Override
    public CarrierPool pool() {
      return CarrierPool.shared();
    }
  }

  // @start region="subject"
  static final class Tenants {
    private final Scope server;
    private final Map<String, Scope> open = new ConcurrentHashMap<>();

    Tenants(Scope server) {
      this.server = server;
    }

    Scope open(String id) {
      Scope known = open.get(id);
      if (known == null) {
        known = server.child(id);
        open.put(id, known); // another one may have done so meanwhile
      }
      return known;
    }
  }
  // @end

  @Test
  void explore_example_findsTheMistake() {
    SimulationFailure failure = assertThrows(SimulationFailure.class, SimulationSnippetsTest::explore);

    assertTrue(failure.getMessage().contains("two scopes for one tenant"), failure::getMessage);
    assertTrue(failure.getMessage().contains("shrunk to 1 preemption "), failure::getMessage);
  }

  private static void explore() {
    // @start region="explore"
    Simulation.explore(1_000, () -> {
      try (Scope server = Scope.root("server")) {
        Tenants tenants = new Tenants(server);
        for (int i = 0; i < 2; i++) {
          server.spawn(Kind.OPEN, token -> tenants.open("tenant"));
        }
        server.join();
        if (server.children().size() > 1) {
          throw new AssertionError("two scopes for one tenant");
        }
      }
    });
    // @end
  }

  @Test
  void run_example_takesNoTime() {
    // @start region="time"
    Simulation.Result result = Simulation.run(1, () -> {
      try (Scope timeline = Scope.root("timeline")) {
        SeqWait flushed = SeqWait.startingAt("flushed", 0);
        timeline.spawn(Kind.FLUSH, token -> {
          token.sleep(Duration.ofMinutes(10));
          flushed.advance(7);
        });
        flushed.await(7, timeline.token());
      }
    });
    assertEquals(Duration.ofMinutes(10), result.time());
    // @end
  }

  @Test
  @SuppressWarnings("try") // the logger is quiet while the resource is held
  void cancelAtEveryStep_example_passes() {
    try (Logs scopes = Logs.off(Scope.class)) {
      // @start region="cancel"
      Simulation.cancelAtEveryStep(Duration.ofSeconds(1), scope -> {
        SeqWait flushed = SeqWait.startingAt("flushed", 0);
        scope.spawn(Kind.FLUSH, token -> flushed.advance(7));
        flushed.await(7, scope.token());
      });
      // @end
    }
  }
}
