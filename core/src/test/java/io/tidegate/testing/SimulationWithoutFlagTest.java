// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A JVM that gives no scheduler of one's own. */
@Tag("without-flag")
class SimulationWithoutFlagTest {
  @Test
  void run_withoutFlag_namesIt() {
    IllegalStateException refused = assertThrows(IllegalStateException.class, () -> Simulation.run(1, () -> {}));

    assertTrue(refused.toString().contains("--add-opens java.base/java.lang="), refused::toString);
    assertFalse(Simulation.isRunning());
  }
}
