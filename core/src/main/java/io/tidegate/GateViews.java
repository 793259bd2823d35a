// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What can be seen of a gate at one moment: who is inside, how it stands, what its close has done so far. */
final class GateViews {
  private GateViews() {}

  /** All members of a gate and of its descendants that are not gates, oldest first. */
  static List<Member> members(GateImpl top) {
    List<Member> found = new ArrayList<>();
    ArrayDeque<GateImpl> open = new ArrayDeque<>();
    open.add(top);
    while (!open.isEmpty()) {
      for (Member member : open.removeLast().ownMembers()) {
        if (member instanceof GateImpl child) {
          open.add(child);
        } else {
          found.add(member);
        }
      }
    }
    found.sort(Comparator.comparingLong(Member::sinceNanos));
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
    ScopeImpl scope = gate.scope();
    Map<String, String> attributes = scope == null ? inherited : scope.logAttributes();
    List<Member> inside = gate.ownMembers();
    List<ScopeSnapshot> children = new ArrayList<>();
    for (Member member : inside) {
      if (member instanceof GateImpl child) {
        children.add(snapshot(child, attributes));
      }
    }
    return new ScopeSnapshot(gate.path(), gate.levelName(), attributes, holders(inside), children);
  }

  /** Reports on a gate that is closing or closed. */
  static CloseReport report(GateImpl gate) {
    CloseLog log = gate.closeLog();
    // A child is written down before it leaves the list, so one that ends meanwhile is found here or there.
    List<Member> inside = gate.ownMembers();
    List<CloseLog> ended = log.endedChildren();
    Set<CloseLog> known = new HashSet<>(ended);
    List<CloseReport> open = new ArrayList<>();
    for (Member member : inside) {
      if (member instanceof GateImpl child && child.isClosing() && !known.contains(child.closeLog())) {
        open.add(report(child));
      }
    }
    return log.report(gate.path(), holders(inside), ended, open);
  }
}
