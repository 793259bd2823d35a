// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import io.tidegate.sync.Watch;

/** The states that a tenant or a timeline goes through, and their end. */
final class Life {
  private final Watch<State> states;
  /** Guarded by this. */
  private boolean ended;

  Life(State first) {
    states = Watch.of(first);
  }

  Watch<State> states() {
    return states;
  }

  State now() {
    return states.value();
  }

  /** Goes to a state, if the way from the present one goes there. */
  synchronized void become(State next) {
    if (!ended) {
      states.update(now -> now.to(next));
    }
  }

  /** Takes back that it is stopping, as nothing has been stopped yet. */
  synchronized void restore(State before) {
    if (!ended) {
      states.set(before);
    }
  }

  /** It is gone: no state comes any more. */
  synchronized void end() {
    become(State.STOPPING);
    ended = true;
    states.close();
  }
}
