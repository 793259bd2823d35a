// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import io.tidegate.carrier.CarrierPool;
import io.tidegate.carrier.PoolStats;
import io.tidegate.internal.Opening;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What is alive at one moment.
 *
 * @param open what is open, with where it was opened
 * @param inside who is inside of these, each itself
 * @param threads how many threads of each open pool live
 * @param faults which faults are armed
 */
record LeakCensus(
    Map<Opening, LeakLedger.Origin> open, Set<Object> inside, Map<CarrierPool, Long> threads, Set<Fault> faults) {

  static LeakCensus take() {
    Map<Opening, LeakLedger.Origin> open = LeakLedger.open();
    Set<Object> inside = Collections.newSetFromMap(new IdentityHashMap<>());
    open.keySet().forEach(opening -> inside.addAll(opening.inside()));
    return new LeakCensus(open, inside, threads(open.keySet()), new HashSet<>(Faults.armed()));
  }

  private static Map<CarrierPool, Long> threads(Set<Opening> open) {
    Map<CarrierPool, Long> found = new HashMap<>();
    found.put(CarrierPool.shared(), live(CarrierPool.shared()));
    for (Opening opening : open) {
      if (opening instanceof CarrierPool pool) {
        found.put(pool, live(pool));
      }
    }
    return found;
  }

  private static long live(CarrierPool pool) {
    PoolStats stats = pool.stats();
    return stats.started() - stats.completed();
  }

  /** Returns what is alive in this and was not before, to be put in words; who is inside a new tree is part of that. */
  List<Supplier<String>> since(LeakCensus before) {
    List<Supplier<String>> leaks = new ArrayList<>();
    open.forEach((opening, origin) -> {
      if (!before.open.containsKey(opening) && !origin.forProcess()) {
        leaks.add(() -> "not closed: " + opening.tree() + "\nopened at " + origin);
      } else if (opening.inside().stream().anyMatch(member -> !before.inside.contains(member))) {
        leaks.add(() -> arrivals(opening, before));
      }
    });
    threads.forEach((pool, live) -> {
      long more = live - before.threads.getOrDefault(pool, 0L);
      if (more > 0) {
        leaks.add(() -> "threads of a pool: " + more + " more than before run in " + pool);
      }
    });
    faults.stream()
        .filter(fault -> !before.faults.contains(fault))
        .forEach(fault -> leaks.add(() -> "armed: " + fault));
    return leaks;
  }

  private static String arrivals(Opening opening, LeakCensus before) {
    StringBuilder words = new StringBuilder("left inside:");
    opening.inside().stream()
        .filter(member -> !before.inside.contains(member))
        .forEach(member -> words.append("\n- ").append(member));
    return words.append("\nin ").append(opening.tree()).toString();
  }

  /** Describes all that is alive, as trees. */
  @Override
  public String toString() {
    StringBuilder words = new StringBuilder();
    open.keySet().stream().map(Opening::tree).sorted().forEach(tree -> words.append(tree).append('\n'));
    faults.forEach(fault -> words.append(fault).append('\n'));
    return words.toString();
  }
}
