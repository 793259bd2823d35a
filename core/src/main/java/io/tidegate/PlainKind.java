// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.Optional;

/** The kinds of tasks that the user named none for. */
enum PlainKind implements TaskKind {
  /** A fork without a kind. */
  TASK,
  /** A drain step, or the draining of a scope. */
  DRAIN {
    @Override
    public Optional<FailurePolicy> failurePolicy() {
      return Optional.of(FailurePolicy.ISOLATE); // a step that fails is reported, and the rest goes on
    }
  },
  /** The close steps of one scope. */
  CLOSE
}
