// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which scope is cancelled when a task fails, with the exception as the reason.
 *
 * <p>That of the task's kind counts first, then that of its scope, then {@link #ISOLATE}.
 */
public final class FailurePolicy {
  /** None: the siblings go on. */
  public static final FailurePolicy ISOLATE = new FailurePolicy("ISOLATE", scope -> null);

  /** The task's own scope. */
  public static final FailurePolicy CANCEL_SCOPE = new FailurePolicy("CANCEL_SCOPE", scope -> scope);

  /** The root of the task's scope. */
  public static final FailurePolicy CANCEL_ROOT = new FailurePolicy("CANCEL_ROOT", ScopeImpl::rootScope);

  private final String text;
  private final Function<ScopeImpl, @Nullable ScopeImpl> target;

  private FailurePolicy(String text, Function<ScopeImpl, @Nullable ScopeImpl> target) {
    this.text = text;
    this.target = target;
  }

  /**
   * {@return the policy that cancels the nearest scope of a name, looking from the task's own scope upwards}
   * Where there is none, the failure is logged and no scope is cancelled.
   *
   * @param name the name of the scope, not its path
   */
  public static FailurePolicy cancelAncestor(String name) {
    Objects.requireNonNull(name, "name");
    return new FailurePolicy("cancelAncestor(" + name + ")", scope -> scope.nearest(name));
  }

  @Nullable ScopeImpl target(ScopeImpl scope) {
    return target.apply(scope);
  }

  @Override
  public String toString() {
    return text;
  }
}
