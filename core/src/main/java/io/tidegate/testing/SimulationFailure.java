// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import java.util.Objects;

/**
 * A run of a {@link Simulation} has failed: its cause is what the body threw, or says what the simulation has found.
 *
 * <p>The message holds the seed, the shortest schedule that was found to fail the same way, and the interleaving.
 */
public final class SimulationFailure extends AssertionError {
  private static final long serialVersionUID = 1;

  /** What determined the run. */
  private final long seed;
  /** The shortest schedule that was found to fail. */
  private final String schedule;
  /** The interleaving of that schedule. */
  private final String trace;

  SimulationFailure(String message, Throwable cause, long seed, String schedule, String trace) {
    super(message, cause);
    this.seed = seed;
    this.schedule = schedule;
    this.trace = trace;
  }

  /** {@return what has failed, with the seed and the interleaving} */
  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  /** {@return what the body threw, or what the simulation has found} */
  @Override
  public synchronized Throwable getCause() {
    return Objects.requireNonNull(super.getCause());
  }

  /** {@return the seed, for {@link Simulation#run}} */
  public long seed() {
    return seed;
  }

  /** {@return the shortest schedule that was found, for {@link Simulation#replay}} */
  public String schedule() {
    return schedule;
  }

  /** {@return the interleaving of that schedule, a line for each step} */
  public String trace() {
    return trace;
  }
}
