// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A run that has failed, by a seed, and the shorter schedules that fail the same way. Used by the runner. */
final class Failing {
  /** How often a shorter schedule is tried. */
  private static final int MOST_TRIES = 500;

  private final Runner runner;
  private final long seed;
  private final Throwable failure;
  private final Runner.RunBody body;
  private int tries;
  /** The shortest schedule so far, and its interleaving. */
  private NavigableMap<Integer, Integer> shortest = new TreeMap<>();
  private int preemptions;
  private String trace;
  private Throwable shown;

  private Failing(Runner runner, long seed, Throwable failure, String trace, Runner.RunBody body) {
    this.runner = runner;
    this.seed = seed;
    this.failure = failure;
    this.shown = failure;
    this.trace = trace;
    this.body = body;
  }

  /** Runs a seed that has failed again, and makes a failure with its shortest schedule. */
  static SimulationFailure explain(Runner runner, long seed, Throwable failure, Runner.RunBody body) {
    Trace trace = new Trace();
    SplitMix chance = new SplitMix(seed);
    Decisions decisions = Decisions.of(new SeededStrategy(chance.fork()));
    Throwable again = runner.run(decisions, chance.fork(), trace, body).failure();
    if (again == null || !isSame(again, failure)) {
      String message = "seed " + seed + " failed, and does not fail the same way again: what the body does depends on"
          + " something besides the schedule.\nFirst: " + failure + "\nThen: " + again;
      return new SimulationFailure(message, failure, seed, "", trace.toString());
    }
    Failing failing = new Failing(runner, seed, failure, trace.toString(), body);
    failing.shorten(decisions);
    return failing.told();
  }

  /** Says whether two failures are taken for the same: what was thrown, and where. */
  private static boolean isSame(Throwable one, Throwable other) {
    return one.getClass() == other.getClass() && Objects.equals(where(one), where(other));
  }

  private static @Nullable Object where(Throwable thrown) {
    StackTraceElement[] stack = thrown.getStackTrace();
    for (StackTraceElement frame : stack) {
      if (!frame.getClassName().startsWith("org.junit.")) {
        return frame;
      }
    }
    return null;
  }

  private void shorten(Decisions decisions) {
    shortest = decisions.made();
    preemptions = decisions.preemptions();
    int size = Math.max(1, shortest.size());
    while (size >= 1 && tries < MOST_TRIES) {
      if (!dropSome(size)) {
        size = size == 1 ? 0 : (size + 1) / 2;
      }
      size = Math.min(size, shortest.size());
    }
  }

  /** Tries to leave out so many decisions at a time; says whether it has left out some. */
  private boolean dropSome(int size) {
    boolean dropped = false;
    List<Map.Entry<Integer, Integer>> all = new ArrayList<>(shortest.entrySet());
    for (int end = all.size(); end > 0 && tries < MOST_TRIES; end -= size) {
      NavigableMap<Integer, Integer> fewer = new TreeMap<>(shortest);
      all.subList(Math.max(0, end - size), end).forEach(each -> fewer.remove(each.getKey(), each.getValue()));
      dropped |= fewer.size() < shortest.size() && stillFails(fewer);
    }
    return dropped;
  }

  private boolean stillFails(NavigableMap<Integer, Integer> decided) {
    tries++;
    Decisions decisions = Decisions.replaying(decided);
    Trace attempt = new Trace();
    Throwable thrown = runner.run(decisions, chance(seed), attempt, body).failure();
    if (thrown == null || !isSame(thrown, failure) || decisions.made().size() >= shortest.size()) {
      return false;
    }
    shortest = decisions.made();
    preemptions = decisions.preemptions();
    trace = attempt.toString();
    shown = thrown;
    return true;
  }

  /** The source of chance that a seed gives to the body, whatever decides on the schedule. */
  static SplitMix chance(long seed) {
    SplitMix chance = new SplitMix(seed);
    chance.fork();
    return chance.fork();
  }

  private SimulationFailure told() {
    String schedule = Decisions.format(shortest);
    String message = "seed " + seed + " fails: " + shown
        + "\nAgain by Simulation.run(" + seed + "L, body); shrunk to " + preemptions
        + (preemptions == 1 ? " preemption" : " preemptions") + " by Simulation.replay(" + seed + "L, \"" + schedule + "\", body):\n" + trace;
    return new SimulationFailure(message, shown, seed, schedule, trace);
  }
}
