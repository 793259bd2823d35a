// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.CarrierPool;
import java.util.Objects;

/**
 * What a kind tells, asked once for many tasks, and before the first of them is in a gate: nothing of the user is asked while a
 * task leaves.
 */
record KindView(TaskKind kind, String name, CarrierPool pool) {
  KindView {
    Objects.requireNonNull(name, "the name of the kind");
  }

  /** Asks a kind. */
  static KindView of(TaskKind kind) {
    return new KindView(kind, kind.name(), kind.pool());
  }
}
