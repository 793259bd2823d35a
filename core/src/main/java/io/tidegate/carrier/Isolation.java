// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

/**
 * Whose carriers run a pool's threads, and why it is so.
 *
 * <p>It is decided when the pool is made and never changes.
 *
 * @param mode whether the carriers are the pool's own
 * @param reason why, in words for a log or a dashboard; where a flag of the {@code java} command would change the mode,
 *     the reason holds that flag as it must be typed
 */
public record Isolation(Mode mode, String reason) {
  /** Whose carriers they are. */
  public enum Mode {
    /** The pool has OS threads of its own, named after it: a hog in another pool takes none of them. */
    DEDICATED,
    /** The pool's threads run on the JDK's scheduler, beside all other virtual threads of the process. */
    SHARED
  }

  /** {@return whether the pool has carriers of its own} */
  public boolean isDedicated() {
    return mode == Mode.DEDICATED;
  }
}
