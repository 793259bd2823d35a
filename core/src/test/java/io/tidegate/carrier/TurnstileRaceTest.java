// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Plays every interleaving of two threads that are made, run and end with a close, one atomic step at a time, as
 * {@link PoolThreads} takes them: enter, run, leave against shut, see all gone, end what runs them. What this model runs
 * after that end is lost.
 */
class TurnstileRaceTest {
  /** What guards the pool: the real one, or a twin with something left out. */
  interface Guard {
    boolean enter();

    void leave();

    void shut();

    boolean isDone();
  }

  /** The real one. */
  static final class Real implements Guard {
    private final Turnstile turnstile = new Turnstile();

    @Override
    public boolean enter() {
      return turnstile.enter();
    }

    @Override
    public void leave() {
      turnstile.leave();
    }

    @Override
    public void shut() {
      turnstile.shut();
    }

    @Override
    public boolean isDone() {
      return turnstile.isDone();
    }
  }

  /** The twin: a flag that is checked before the run, and nobody counted. */
  static final class Broken implements Guard {
    private boolean shut;

    @Override
    public boolean enter() {
      return !shut;
    }

    @Override
    public void leave() {}

    @Override
    public void shut() {
      shut = true;
    }

    @Override
    public boolean isDone() {
      return shut;
    }
  }

  /** One play: two threads, and one who closes, each at some step. */
  static final class Play {
    private final Guard guard;
    private final boolean[] inside = new boolean[2];
    private boolean ended;
    private int ran;
    private int refused;
    private int lost;

    Play(Guard guard) {
      this.guard = guard;
    }

    /** Does the next step of an actor, 0 and 1 are the threads, 2 closes; false if it must wait. */
    boolean step(int actor, int step) {
      return actor == 2 ? closeStep(step) : threadStep(actor, step);
    }

    private boolean threadStep(int actor, int step) {
      switch (step) {
        case 0 -> inside[actor] = guard.enter();
        case 1 -> run(actor);
        default -> {
          if (inside[actor]) {
            guard.leave();
          }
        }
      }
      return true;
    }

    private void run(int actor) {
      if (!inside[actor]) {
        refused++;
      } else if (ended) {
        lost++;
      } else {
        ran++;
      }
    }

    private boolean closeStep(int step) {
      switch (step) {
        case 0 -> guard.shut();
        case 1 -> {
          return guard.isDone();
        }
        default -> ended = true;
      }
      return true;
    }
  }

  private static final int STEPS = 3;

  private int plays;
  private int lossy;

  @Test
  void close_inEveryInterleaving_losesNothingAndFinishes() {
    explore(Real::new, new ArrayList<>());
    assertEquals(0, lossy);
    assertTrue(plays > 100, () -> plays + " plays");
  }

  @Test
  void close_withoutCounting_losesSome() {
    explore(Broken::new, new ArrayList<>());
    assertTrue(lossy > 0);
  }

  private void explore(Supplier<Guard> guards, List<Integer> schedule) {
    boolean ended = true;
    boolean moved = false;
    for (int actor = 0; actor <= 2; actor++) {
      if (count(schedule, actor) == STEPS) {
        continue;
      }
      ended = false;
      schedule.add(actor);
      if (replay(guards, schedule) != null) {
        moved = true;
        explore(guards, schedule);
      }
      schedule.removeLast();
    }
    assertTrue(ended || moved, () -> "all wait for each other after " + schedule);
    if (ended) {
      judge(Objects.requireNonNull(replay(guards, schedule)), schedule);
    }
  }

  /** Plays a schedule from the start; null if its last step must wait there. */
  private static @Nullable Play replay(Supplier<Guard> guards, List<Integer> schedule) {
    Play play = new Play(guards.get());
    int[] next = new int[3];
    for (int actor : schedule) {
      if (!play.step(actor, next[actor]++)) {
        return null;
      }
    }
    return play;
  }

  private void judge(Play play, List<Integer> schedule) {
    plays++;
    assertEquals(2, play.ran + play.refused + play.lost, schedule::toString);
    if (play.lost > 0) {
      lossy++;
    }
  }

  private static long count(List<Integer> schedule, int actor) {
    return schedule.stream().filter(a -> a == actor).count();
  }
}
