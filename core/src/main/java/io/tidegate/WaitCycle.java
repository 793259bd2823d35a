// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A cycle of waits: each is for a member whose thread waits in turn, the last of them for the first one's. */
final class WaitCycle {
  private final List<Link> links;

  private WaitCycle(List<Link> links) {
    this.links = links;
  }

  /** A wait, a member that has to leave before it ends, and the wait that keeps that member. */
  private record Link(WaitsFor from, Member member, WaitsFor next) {
    boolean stands() {
      return member.waitsFor() == next && !next.isCancelled() && from.awaited().members().contains(member);
    }
  }

  /** Looks for a cycle through a wait, the shortest; null if there is none. */
  static @Nullable WaitCycle through(WaitsFor start) {
    Map<WaitsFor, Link> reachedBy = new HashMap<>();
    Set<Awaited> seen = new HashSet<>();
    ArrayDeque<WaitsFor> open = new ArrayDeque<>(List.of(start));
    while (!open.isEmpty()) {
      WaitsFor wait = open.remove();
      if (!seen.add(wait.awaited())) {
        continue;
      }
      for (Member member : wait.awaited().members()) {
        WaitsFor next = member.waitsFor();
        if (next != null && !next.isCancelled() && reachedBy.putIfAbsent(next, new Link(wait, member, next)) == null) {
          open.add(next);
        }
      }
      Link last = reachedBy.get(start);
      if (last != null) {
        return new WaitCycle(backFrom(last, start, reachedBy));
      }
    }
    return null;
  }

  private static List<Link> backFrom(Link last, WaitsFor start, Map<WaitsFor, Link> reachedBy) {
    ArrayDeque<Link> links = new ArrayDeque<>(List.of(last));
    while (links.getFirst().from != start) {
      links.push(Objects.requireNonNull(reachedBy.get(links.getFirst().from)));
    }
    return new ArrayList<>(links);
  }

  /** Whether each link is there at a second look. */
  boolean stands() {
    return links.stream().allMatch(Link::stands);
  }

  /** Tells who waits for whom, all around, from the wait of one member on. */
  String inWords(Stay first) {
    StringBuilder text = new StringBuilder("a wait-for cycle: ");
    text.append(first).append(' ').append(links.getFirst().from);
    for (Link link : links) {
      if (link.member != link.from.awaited()) {
        text.append(", which waits for ").append(link.member.inWaits());
      }
      if (link != links.getLast()) {
        text.append(", which ").append(link.next);
      }
    }
    return text.toString();
  }
}
