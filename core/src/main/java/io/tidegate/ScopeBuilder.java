// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** What is known of a scope before it is open. */
final class ScopeBuilder implements Scope.Builder {
  final @Nullable ScopeImpl parent;
  final String name;
  /** In the order of their coming; most scopes have none of their own. */
  Map<AttributeKey<?>, Object> attributes = Map.of();
  FailurePolicy failurePolicy = FailurePolicy.ISOLATE;
  TaskKind defaultKind;
  BiConsumer<? super Task<?>, ? super Error> fatalHandler;
  boolean fansOut;

  ScopeBuilder(@Nullable ScopeImpl parent, String name) {
    this.parent = parent;
    this.name = Objects.requireNonNull(name, "name");
    this.defaultKind = parent == null ? PlainKind.TASK : parent.defaultKind();
    this.fatalHandler = parent == null ? (task, error) -> {} : parent.fatalHandler();
    if (name.isEmpty() || name.indexOf('/') >= 0) {
      throw new IllegalArgumentException("the name of a scope is not empty and has no slash: \"" + name + "\"");
    }
  }

  @Override
  public <T> Scope.Builder with(AttributeKey<T> key, T value) {
    if (attributes.isEmpty()) {
      attributes = new LinkedHashMap<>();
    }
    attributes.put(Objects.requireNonNull(key, "key"), key.type().cast(Objects.requireNonNull(value, "value")));
    return this;
  }

  @Override
  public Scope.Builder onFailure(FailurePolicy policy) {
    failurePolicy = Objects.requireNonNull(policy, "policy");
    return this;
  }

  @Override
  public Scope.Builder defaultKind(TaskKind kind) {
    defaultKind = Objects.requireNonNull(kind, "kind");
    return this;
  }

  @Override
  public Scope.Builder onFatal(BiConsumer<? super Task<?>, ? super Error> handler) {
    if (parent != null) {
      throw new IllegalStateException("only a root has a fatal handler; " + name + " is a child of " + parent.path());
    }
    fatalHandler = Objects.requireNonNull(handler, "handler");
    return this;
  }

  /** Makes it a fan-out: the first failure cancels the others, and {@code join} throws it. */
  ScopeBuilder fanOut() {
    fansOut = true;
    failurePolicy = FailurePolicy.CANCEL_SCOPE;
    return this;
  }

  @Override
  public Scope open() {
    return ScopeImpl.open(this);
  }
}
