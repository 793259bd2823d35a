// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A schedule as what it does otherwise than the plainest one, in which a thread runs until it waits and then the one that
 * has been ready for the longest time does: by the number of the choice, the number of the thread that goes on.
 */
final class Decisions implements Strategy {
  /** What to do otherwise. */
  private final NavigableMap<Integer, Integer> wanted;
  /** What decides where nothing is wanted; null for the plainest. */
  private final @Nullable Strategy rest;
  /** What was done otherwise. */
  private final NavigableMap<Integer, Integer> made = new TreeMap<>();
  private int choices;
  private int preemptions;

  private Decisions(NavigableMap<Integer, Integer> wanted, @Nullable Strategy rest) {
    this.wanted = wanted;
    this.rest = rest;
  }

  /** Writes down what a strategy decides. */
  static Decisions of(Strategy strategy) {
    return new Decisions(new TreeMap<>(), strategy);
  }

  /** Decides as was written down, as far as that can be. */
  static Decisions replaying(NavigableMap<Integer, Integer> wanted) {
    return new Decisions(wanted, null);
  }

  static NavigableMap<Integer, Integer> parse(String text) {
    NavigableMap<Integer, Integer> parsed = new TreeMap<>();
    for (String each : text.isEmpty() ? List.<String>of() : List.of(text.split(",", -1))) {
      int colon = each.indexOf(':');
      if (colon < 0) {
        throw new IllegalArgumentException("no schedule: \"" + text + "\"");
      }
      parsed.put(Integer.valueOf(each.substring(0, colon)), Integer.valueOf(each.substring(colon + 1)));
    }
    return parsed;
  }

  static String format(NavigableMap<Integer, Integer> decisions) {
    return decisions.entrySet().stream().map(each -> each.getKey() + ":" + each.getValue()).collect(Collectors.joining(","));
  }

  @Override
  public void began(Actor actor) {
    if (rest != null) {
      rest.began(actor);
    }
  }

  @Override
  public Actor choose(@Nullable Actor current, List<Actor> ready) {
    int choice = choices++;
    Actor plain = current != null ? current : ready.getFirst();
    Actor chosen = rest != null ? rest.choose(current, ready) : wanted(wanted.get(choice), plain, ready);
    if (chosen != plain) {
      made.put(choice, chosen.number);
      preemptions += current == null ? 0 : 1;
    }
    return chosen;
  }

  private static Actor wanted(@Nullable Integer number, Actor plain, Collection<Actor> ready) {
    if (number != null) {
      for (Actor actor : ready) {
        if (actor.number == number) {
          return actor;
        }
      }
    }
    return plain;
  }

  NavigableMap<Integer, Integer> made() {
    return made;
  }

  int preemptions() {
    return preemptions;
  }
}
