// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import io.tidegate.CancellationToken;
import io.tidegate.Gate;
import io.tidegate.Logs;
import io.tidegate.Scope;
import java.time.Duration;
import java.util.List;

/**
 * Runs the guarantees of the core under as many schedules as one likes.
 *
 * <p>{@code Simulate [--schedules NUMBER] [--seed NUMBER] [--only GUARANTEE]}: so many schedules in all, evenly of each
 * guarantee, with the seeds from one on; without one, from a new one each time. Exits with 1 on the first that fails,
 * and prints its seed.
 */
final class Simulate {
  /** How many schedules of one guarantee are run at a time. */
  private static final long BATCH = 1_000;
  private static final Duration TELLS_EACH = Duration.ofSeconds(10);

  private Simulate() {}

  /** Runs schedules in the foreground. */
  @SuppressWarnings("try") // the loggers are quiet while the resources are held
  public static void main(String[] arguments) {
    List<String> words = List.of(arguments);
    long schedules = Long.parseLong(option(words, "--schedules", "100000"));
    long seed = Long.parseLong(option(words, "--seed", Long.toString(System.currentTimeMillis())));
    String only = option(words, "--only", "");
    List<Guarantee> guarantees =
        List.of(Guarantee.values()).stream().filter(each -> only.isEmpty() || each.name().equals(only)).toList();
    System.out.printf("%d schedules of %d guarantees, seeds from %d on, Java %s%n", schedules, guarantees.size(), seed,
        Runtime.version());
    boolean passed;
    try (Logs scopes = Logs.off(Scope.class);
        Logs gates = Logs.off(Gate.class);
        Logs tokens = Logs.off(CancellationToken.class)) {
      passed = run(guarantees, schedules, seed);
    }
    System.exit(passed ? 0 : 1);
  }

  private static String option(List<String> words, String name, String otherwise) {
    int at = words.indexOf(name);
    return at < 0 ? otherwise : words.get(at + 1);
  }

  private static boolean run(List<Guarantee> guarantees, long schedules, long seed) {
    long begun = System.nanoTime();
    long told = begun;
    long done = 0;
    long steps = 0;
    long[] ofEach = new long[guarantees.size()];
    for (int i = 0; done < schedules; i = (i + 1) % ofEach.length) {
      long count = Math.min(BATCH, schedules - done);
      try {
        steps += Simulation.explore(seed + ofEach[i], count, null, guarantees.get(i)).steps();
      } catch (SimulationFailure failure) {
        System.out.printf("%s does not hold: %s%n", guarantees.get(i), failure.getMessage());
        return false;
      }
      ofEach[i] += count;
      done += count;
      if (System.nanoTime() - told > TELLS_EACH.toNanos()) {
        told = System.nanoTime();
        System.out.println(progress(done, steps, begun));
      }
    }
    System.out.printf("passed, seeds from %d to %d: %s%n", seed, seed + ofEach[0] - 1, progress(done, steps, begun));
    return true;
  }

  private static String progress(long schedules, long steps, long begun) {
    long nanos = System.nanoTime() - begun;
    return "%d schedules, %d steps in %d s: %.0f schedules a second"
        .formatted(schedules, steps, Duration.ofNanos(nanos).toSeconds(), schedules * 1e9 / nanos);
  }
}
