// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.CarrierPool;
import java.util.Optional;

/**
 * A class of work: what it is called, whose threads run it, what its failure means. Typically an enum of the server's.
 *
 * {@snippet class="io.tidegate.Snippets" region="kind"}
 */
public interface TaskKind {
  /** {@return the name under which logs, listings and thread dumps show the kind} */
  String name();

  /** {@return the pool whose threads run tasks of this kind; every call returns the same one} */
  default CarrierPool pool() {
    return CarrierPool.shared();
  }

  /** {@return what the failure of such a task means to others; empty to leave it to the scope} */
  default Optional<FailurePolicy> failurePolicy() {
    return Optional.empty();
  }
}
