// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import io.tidegate.Holder;
import io.tidegate.Scope;
import io.tidegate.ScopeSnapshot;
import io.tidegate.Task;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** The tree of scopes as a client gets it. */
final class TaskTree {
  private final Map<Key, Queue<Task<?>>> tasks = new HashMap<>();

  /**
   * One scope.
   *
   * @param name its own name
   * @param path the names from the root
   * @param state {@code open}, {@code draining}, {@code closing}, {@code releasing} or {@code closed}
   * @param attributes its own and those that it inherits
   * @param tasks who is inside: tasks, visits, guards
   * @param children the scopes below
   */
  record Node(
      String name, String path, String state, Map<String, String> attributes, List<Inside> tasks, List<Node> children) {}

  /**
   * One who is inside a scope.
   *
   * @param id the number of the task; none for others
   * @param kind the kind of the task; empty for others
   * @param name the name
   * @param state the state of the task; none for others
   * @param ageMillis how long it has been inside
   * @param note what it said last about what it does
   * @param thread the name of its thread
   * @param waitsOn what its thread is parked on; empty if it runs
   * @param frames the top frames of its thread
   */
  record Inside(
      @Nullable Long id,
      String kind,
      String name,
      Task.@Nullable State state,
      long ageMillis,
      String note,
      String thread,
      String waitsOn,
      List<String> frames) {}

  private record Key(String path, String name) {}

  private TaskTree(List<Task<?>> running) {
    running.forEach(
        task -> tasks.computeIfAbsent(new Key(task.scope().path(), task.name()), any -> new ArrayDeque<>()).add(task));
  }

  /** {@return a scope and all below it, as they are now} */
  static Node of(Scope scope) {
    return new TaskTree(scope.tasks()).node(scope.snapshot());
  }

  private Node node(ScopeSnapshot scope) {
    return new Node(
        scope.path().substring(scope.path().lastIndexOf('/') + 1),
        scope.path(),
        scope.state(),
        scope.attributes(),
        scope.holders().stream().map(this::inside).toList(),
        scope.children().stream().map(this::node).toList());
  }

  private Inside inside(Holder holder) {
    Queue<Task<?>> same = tasks.getOrDefault(new Key(holder.path(), holder.name()), new ArrayDeque<>());
    Task<?> task = same.poll();
    return new Inside(
        task == null ? null : task.id(),
        holder.kind(),
        holder.name(),
        task == null ? null : task.state(),
        holder.age().toMillis(),
        holder.note(),
        holder.thread(),
        holder.parkedOn(),
        holder.frames().stream().map(StackTraceElement::toString).toList());
  }
}
