// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.Objects;

/**
 * The name and type of something that a scope is about, like a tenant's id.
 *
 * <p>Inside the tasks of the scope, {@code name} is the MDC key, and the value's {@code toString} what logs show.
 *
 * @param name the name, in lower case with underscores, like {@code tenant_id}
 * @param type the type of the values
 * @param <T> the type of the values
 */
public record AttributeKey<T>(String name, Class<T> type) {
  /** Makes a key. */
  public AttributeKey {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(type, "type");
  }
}
