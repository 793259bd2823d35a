// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;

/** What can be seen of a gate at one moment: who is inside, how it stands, what its close has done so far. */
final class GateViews {
  private GateViews() {}

  /** All members of a gate and of its descendants that are not gates, oldest first. */
  static List<Member> members(GateImpl top) {
    List<Member> found = inside(top);
    found.removeIf(GateImpl.class::isInstance);
    found.sort(Comparator.comparingLong(Member::sinceNanos));
    return found;
  }

  /** All members of a gate and of its descendants, gates among them. */
  static List<Member> inside(GateImpl top) {
    List<Member> found = top.ownMembers();
    for (int i = 0; i < found.size(); i++) {
      if (found.get(i) instanceof GateImpl child) {
        found.addAll(child.ownMembers());
      }
    }
    return found;
  }

  /** Those of the members that are not gates, as holders. */
  static List<Holder> holders(List<Member> members) {
    long now = Current.clock().nanoTime();
    return members.stream()
        .filter(member -> !(member instanceof GateImpl))
        .map(member -> Holder.of(member, member.gate().path(), now))
        .toList();
  }

  static ScopeSnapshot snapshot(GateImpl gate, Map<String, String> inherited) {
    return foldTree(Looked.at(gate, inherited), Looked::below, Looked::snapshot);
  }

  /** Reports on a gate that is closing or closed. */
  static CloseReport report(GateImpl gate) {
    return foldTree(Closing.of(gate, gate.path()), Closing::below, Closing::report);
  }

  /** Makes a value of a tree from those of its subtrees, on a stack of no depth. */
  private static <N, V> V foldTree(N top, Function<N, List<N>> below, BiFunction<N, List<V>, V> make) {
    List<N> nodes = new ArrayList<>(List.of(top));
    List<List<V>> values = new ArrayList<>(List.of(new ArrayList<>()));
    List<Integer> parents = new ArrayList<>(List.of(0));
    for (int i = 0; i < nodes.size(); i++) {
      for (N child : below.apply(nodes.get(i))) {
        nodes.add(child);
        values.add(new ArrayList<>());
        parents.add(i);
      }
    }
    for (int i = nodes.size() - 1; i > 0; i--) {
      values.get(parents.get(i)).add(make.apply(nodes.get(i), values.get(i).reversed()));
    }
    return make.apply(top, values.getFirst().reversed());
  }

  /** A gate that is looked at. */
  private record Looked(GateImpl gate, Map<String, String> attributes, List<Member> inside) {
    static Looked at(GateImpl gate, Map<String, String> inherited) {
      ScopeImpl scope = gate.scope();
      return new Looked(gate, scope == null ? inherited : scope.logAttributes(), gate.ownMembers());
    }

    List<Looked> below() {
      List<Looked> found = new ArrayList<>();
      for (Member member : inside) {
        if (member instanceof GateImpl child) {
          found.add(at(child, attributes));
        }
      }
      return found;
    }

    ScopeSnapshot snapshot(List<ScopeSnapshot> children) {
      return new ScopeSnapshot(gate.path(), gate.levelName(), attributes, holders(inside), children);
    }
  }

  /** What is known of the closing of one gate: nobody is inside if it has ended. */
  private record Closing(String path, CloseLog log, List<Member> inside, List<CloseLog> ended) {
    static Closing of(GateImpl gate, String path) {
      // A child is written down before it leaves the list, so one that ends meanwhile is found here or there.
      List<Member> inside = gate.ownMembers();
      return new Closing(path, gate.closeLog(), inside, gate.closeLog().endedChildren());
    }

    List<Closing> below() {
      List<Closing> found = new ArrayList<>();
      for (CloseLog child : ended) {
        found.add(new Closing(path + "/" + child.name(), child, List.of(), child.endedChildren()));
      }
      Set<CloseLog> known = new HashSet<>(ended);
      for (Member member : inside) {
        if (member instanceof GateImpl child && child.isClosing() && !known.contains(child.closeLog())) {
          found.add(of(child, path + "/" + child.name()));
        }
      }
      return found;
    }

    CloseReport report(List<CloseReport> children) {
      return log.report(path, holders(inside), children);
    }
  }
}
