// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.time.Duration;
import java.util.List;

/**
 * Threads of a pool that are ready and get no carrier, and who has the carriers, as seen at one moment.
 *
 * @param waited how long some of them have waited, at least
 * @param queued how many wait
 * @param occupants what the carriers run
 */
public record Starvation(Duration waited, long queued, List<Occupant> occupants) {
  /** Copies the occupants. */
  public Starvation {
    occupants = List.copyOf(occupants);
  }

  /** Describes it in several lines: how long, how many, and each carrier. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append("%d ready and without a carrier for %d ms".formatted(queued, waited.toMillis()));
    occupants.forEach(occupant -> text.append("\n  ").append(occupant));
    return text.toString();
  }
}
