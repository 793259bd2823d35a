// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Draws a schedule from a seed, by one of two ways, which the seed chooses too.
 *
 * <p>A <i>walk</i> takes another thread now and then, whichever: it finds what goes wrong in many schedules. A
 * <i>ranking</i> lets the highest of all ready threads run until it waits, and now and then puts the running one below all
 * others: it finds what takes few, but the right preemptions, and threads that stand still for long. How often "now and
 * then" is depends on the seed as well, from every second step to one in 256: bodies differ in length.
 */
final class SeededStrategy implements Strategy {
  private static final int RARITIES = 8;

  private final SplitMix chance;
  private final boolean ranks;
  /** A preemption comes at one step in so many. */
  private final int rarity;
  private long lowest;

  SeededStrategy(SplitMix chance) {
    this.chance = chance;
    this.ranks = chance.below(2) == 0;
    this.rarity = 2 << chance.below(RARITIES);
  }

  @Override
  public void began(Actor actor) {
    if (ranks) {
      actor.rank = chance.nextLong() >>> 1;
    }
  }

  @Override
  public Actor choose(@Nullable Actor current, List<Actor> ready) {
    boolean preempts = current != null && chance.below(rarity) == 0;
    if (current != null && !preempts && !ranks) {
      return current;
    }
    return ranks ? highest(preempts, current, ready) : ready.get(chance.below(ready.size()));
  }

  private Actor highest(boolean preempts, @Nullable Actor current, List<Actor> ready) {
    if (preempts && current != null) {
      current.rank = --lowest;
    }
    Actor highest = current == null ? ready.getFirst() : current;
    for (Actor actor : ready) {
      if (actor.rank > highest.rank) {
        highest = actor;
      }
    }
    return highest;
  }
}
