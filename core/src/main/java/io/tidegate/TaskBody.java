// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import org.jspecify.annotations.Nullable;

/**
 * A piece of work with a result.
 *
 * @param <T> the type of the result
 */
@FunctionalInterface
public interface TaskBody<T extends @Nullable Object> {
  /**
   * Does the work.
   *
   * @param token the token that the work answers to
   * @return its result
   * @throws Exception if it fails
   */
  T call(CancellationToken token) throws Exception;
}
