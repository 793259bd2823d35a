// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What is known of a task before it starts. */
final class TaskBuilder implements Task.Builder {
  private final ScopeImpl scope;
  private final TaskKind kind;
  private @Nullable String name;
  private @Nullable FailurePolicy failurePolicy;

  TaskBuilder(ScopeImpl scope, TaskKind kind) {
    this.scope = scope;
    this.kind = Objects.requireNonNull(kind, "kind");
  }

  @Override
  public Task.Builder name(String taskName) {
    if (taskName.isEmpty()) {
      throw new IllegalArgumentException("the name of a task is not empty");
    }
    name = taskName;
    return this;
  }

  @Override
  public Task.Builder onFailure(FailurePolicy policy) {
    failurePolicy = Objects.requireNonNull(policy, "policy");
    return this;
  }

  @Override
  public Task<?> spawn(TaskAction action) {
    return scope.start(TaskImpl.spawned(scope, kind, own(), action));
  }

  @Override
  public <T extends @Nullable Object> Task<T> fork(TaskBody<T> body) {
    return scope.start(TaskImpl.forked(scope, kind, own(), body));
  }

  private TaskImpl.@Nullable Own own() {
    return name == null && failurePolicy == null ? null : new TaskImpl.Own(name, failurePolicy);
  }
}
