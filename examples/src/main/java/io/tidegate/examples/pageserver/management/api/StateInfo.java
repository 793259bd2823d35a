// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import io.tidegate.examples.pageserver.tenant.State;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How far a tenant or a timeline is, as a client gets it.
 *
 * @param slug {@code Attaching}, {@code Activating}, {@code Active}, {@code Stopping} or {@code Broken}
 * @param reason why it is broken; none if it is not
 */
record StateInfo(String slug, @Nullable String reason) {
  static StateInfo of(State state) {
    String word = state.phase().name();
    String slug = word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT);
    return new StateInfo(slug, state.reason().isEmpty() ? null : state.reason());
  }
}
