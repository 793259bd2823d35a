// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import java.util.Locale;

/**
 * How far a tenant or a timeline is.
 *
 * <pre>
 *   attaching -> activating -> active     as it comes to be: its files are found or fetched, then its tasks start
 *   any but stopping -> broken            it failed, and the reason says how; what is broken can be detached or deleted
 *   any -> stopping                       it is being closed; nothing comes after
 * </pre>
 *
 * @param phase the word for it
 * @param reason why it is broken; empty if it is not
 */
public record State(Phase phase, String reason) {
  /** The words. */
  public enum Phase {
    /** Its files are looked for, fetched or made. */
    ATTACHING,
    /** Its files are there, and its tasks are being started. */
    ACTIVATING,
    /** It works. */
    ACTIVE,
    /** It is being closed. */
    STOPPING,
    /** It has failed to come to be. */
    BROKEN
  }

  static final State ATTACHING = new State(Phase.ATTACHING, "");
  static final State ACTIVATING = new State(Phase.ACTIVATING, "");
  static final State ACTIVE = new State(Phase.ACTIVE, "");
  static final State STOPPING = new State(Phase.STOPPING, "");

  static State broken(String reason) {
    return new State(Phase.BROKEN, reason);
  }

  /** {@return whether it works} */
  public boolean isActive() {
    return phase == Phase.ACTIVE;
  }

  /** {@return whether it is still on its way to work} */
  public boolean isComing() {
    return phase == Phase.ATTACHING || phase == Phase.ACTIVATING;
  }

  /** {@return the next state if the way goes there from this one, else this one} */
  State to(State next) {
    boolean isAllowed = switch (next.phase) {
      case STOPPING -> true;
      case BROKEN -> phase != Phase.STOPPING;
      case ATTACHING, ACTIVATING, ACTIVE -> isComing() && phase.compareTo(next.phase) < 0;
    };
    return isAllowed ? next : this;
  }

  /** {@return the phase in lower case, with the reason if there is one} */
  @Override
  public String toString() {
    return phase.name().toLowerCase(Locale.ROOT) + (reason.isEmpty() ? "" : ": " + reason);
  }
}
