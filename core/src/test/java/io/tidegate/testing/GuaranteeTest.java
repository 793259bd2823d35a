// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CancellationToken;
import io.tidegate.Gate;
import io.tidegate.Logs;
import io.tidegate.Scope;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each guarantee under some thousand schedules; and the mistakes that the protocols guard against, each found.
 *
 * <p>{@link Simulate} runs as many more as one likes.
 */
@Tag("with-flag")
class GuaranteeTest {
  private static final int SCHEDULES = 1_500;
  private static final int MOST_SCHEDULES = 10_000;

  private final List<Logs> quiet =
      List.of(Logs.off(Scope.class), Logs.off(Gate.class), Logs.off(CancellationToken.class));

  @AfterEach
  void loud() {
    quiet.forEach(Logs::close);
  }

  @ParameterizedTest
  @EnumSource
  void explore_guarantee_holds(Guarantee guarantee) {
    Simulation.explore(SCHEDULES, guarantee);
  }

  @ParameterizedTest
  @EnumSource
  void explore_plantedBug_isFound(PlantedBug bug) {
    SimulationFailure failure =
        assertThrows(SimulationFailure.class, () -> Simulation.explore(MOST_SCHEDULES, () -> bug.run(true)));

    assertThrows(SimulationFailure.class, () -> Simulation.run(failure.seed(), () -> bug.run(true)));
    assertTrue(failure.getMessage().contains("shrunk to"), failure::getMessage);
  }

  /** The protocol without the mistake: what is found is the mistake. */
  @ParameterizedTest
  @EnumSource
  void explore_protocolOfPlantedBug_holds(PlantedBug bug) {
    Simulation.explore(SCHEDULES, () -> bug.run(false));
  }
}
