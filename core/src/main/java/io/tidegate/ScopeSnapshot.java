// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A scope and its subtree as they looked at one moment; {@link #toString} prints them as a tree.
 *
 * @param path the path of the scope
 * @param state {@code open}, {@code draining}, {@code closing}, {@code releasing} or {@code closed}
 * @param attributes its own attributes and those that it inherits, as text
 * @param holders its tasks and visits, and who else is in its gate, oldest first
 * @param children its child scopes, and gates below its own
 */
public record ScopeSnapshot(
    String path, String state, Map<String, String> attributes, List<Holder> holders, List<ScopeSnapshot> children) {
  /** Makes a snapshot; the collections are copied. */
  public ScopeSnapshot {
    attributes = Map.copyOf(attributes);
    holders = List.copyOf(holders);
    children = List.copyOf(children);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ScopeSnapshot snapshot && parts().equals(snapshot.parts());
  }

  @Override
  public int hashCode() {
    return parts().hashCode();
  }

  /** What tells this snapshot from others, as one flat list: a deep tree needs no deep stack. */
  private List<Object> parts() {
    List<Object> parts = new ArrayList<>();
    Deque<ScopeSnapshot> open = new ArrayDeque<>(List.of(this));
    while (!open.isEmpty()) {
      ScopeSnapshot next = open.pop();
      parts.add(List.of(next.path, next.state, next.attributes, next.holders, next.children.size()));
      open.addAll(next.children);
    }
    return parts;
  }

  @Override
  public String toString() {
    StringBuilder tree = new StringBuilder();
    Deque<Indented> open = new ArrayDeque<>(); // a deep tree needs no deep stack
    open.push(new Indented(this, 0));
    while (!open.isEmpty()) {
      Indented next = open.pop();
      next.snapshot.print(tree, CloseReport.indent(next.depth));
      next.snapshot.children.reversed().forEach(child -> open.push(new Indented(child, next.depth + 1)));
    }
    return tree.toString();
  }

  private record Indented(ScopeSnapshot snapshot, int depth) {}

  private void print(StringBuilder tree, String indent) {
    tree.append(indent).append(indent.isEmpty() ? path : path.substring(path.lastIndexOf('/') + 1));
    tree.append("  ").append(state);
    attributes.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(entry -> tree.append("  ").append(entry.getKey()).append('=').append(entry.getValue()));
    tree.append('\n');
    holders.forEach(holder -> tree.append(indent).append("  - ").append(line(holder)).append('\n'));
  }

  private String line(Holder holder) {
    return holder.toString().substring(holder.path().length() + 2);
  }
}
