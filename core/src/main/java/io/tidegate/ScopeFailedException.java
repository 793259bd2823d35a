// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.List;

/**
 * Thrown by the {@code join} of a fan-out of which a task has failed.
 *
 * <p>Its cause is what the first one to fail threw; what others threw is suppressed.
 *
 * @see Scope#fanOut
 */
public final class ScopeFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ScopeFailedException(String message, Throwable first, List<Throwable> others) {
    super(message, first);
    others.forEach(this::addSuppressed);
  }
}
