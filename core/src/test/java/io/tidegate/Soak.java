// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import javax.management.JMException;
import org.jspecify.annotations.Nullable;

/**
 * Does at random what can be done to scopes, from many threads, for a given time, and checks after each close what it
 * promises: S1, S2, S4, S5, S8, G2, G4, T6, P2.
 *
 * <p>{@code Soak [--for PT60S] [--seed NUMBER]}. Exits with 1 on the first violation, or if nothing moves any more. A
 * seed repeats what the threads decide, not how they interleave.
 */
final class Soak {
  /** How often it tells how far it is. */
  private static final Duration TELLS = Duration.ofSeconds(5);
  /** After so long without any operation it is taken to hang. */
  private static final Duration HANGS = Duration.ofSeconds(30);

  private final long seed;
  private final Duration time;
  private final long begun = System.nanoTime();
  private final SoakTotals totals = new SoakTotals();
  /** The season now; its seed is that of the soak and the number of seasons before. */
  private final AtomicReference<@Nullable SoakSeason> season = new AtomicReference<>();

  private Soak(Duration time, long seed) {
    this.time = time;
    this.seed = seed;
  }

  /** Runs a soak in the foreground. */
  @SuppressWarnings("try") // the loggers are quiet while the resources are held
  public static void main(String[] arguments) throws Exception {
    List<String> words = List.of(arguments);
    Duration time = Duration.parse(option(words, "--for", "PT60S"));
    long seed = Long.parseLong(option(words, "--seed", Long.toString(System.nanoTime())));
    System.out.printf("soak for %s, seed %d, Java %s%n", time, seed, Runtime.version());
    boolean passed;
    try (Logs scopes = Logs.off(Scope.class);
        Logs gates = Logs.off(Gate.class);
        Logs tokens = Logs.off(CancellationToken.class)) {
      passed = new Soak(time, seed).run();
    }
    System.exit(passed ? 0 : 1);
  }

  private static String option(List<String> words, String name, String otherwise) {
    int at = words.indexOf(name);
    return at < 0 ? otherwise : words.get(at + 1);
  }

  private boolean run() throws Exception {
    Thread seasons = Thread.ofPlatform().daemon().name("seasons").start(this::runSeasons);
    long moved = -1;
    long movedAt = System.nanoTime();
    while (!seasons.join(TELLS)) {
      System.out.println(progress());
      long operations = totals.operations.sum() + totals.seasons.get();
      if (operations != moved) {
        moved = operations;
        movedAt = System.nanoTime();
      } else if (System.nanoTime() - movedAt >= HANGS.toNanos()) {
        return tellFailure("hangs: nothing has moved for " + HANGS);
      }
    }
    SoakSeason last = Objects.requireNonNull(season.get());
    if (!last.violations().isEmpty()) {
      return tellFailure("violated: " + String.join("\n", last.violations().stream().limit(5).toList()));
    }
    System.out.println("passed, seed " + seed + ": " + progress());
    return true;
  }

  private void runSeasons() {
    boolean goesOn = true;
    while (goesOn) {
      SoakSeason next = new SoakSeason(seed + totals.seasons.get(), totals);
      season.set(next);
      try {
        next.run();
      } catch (Throwable thrown) {
        next.violated("the season failed with " + thrown, thrown);
      }
      goesOn = next.violations().isEmpty() && System.nanoTime() - begun < time.toNanos();
    }
  }

  private String progress() {
    SoakSeason now = season.get();
    long seconds = Duration.ofNanos(System.nanoTime() - begun).toSeconds();
    return "%4d s: %s, live scopes %d".formatted(seconds, totals, now == null ? 0 : now.live.size());
  }

  private boolean tellFailure(String what) throws IOException, JMException {
    System.out.println(progress());
    System.out.println(Objects.requireNonNull(season.get()).tree());
    Path file = Files.createTempDirectory("soak").resolve("threads.txt");
    Diagnostics.run("threadDumpToFile", file.toString());
    System.out.println(Files.readString(file));
    System.out.printf("soak %s%nseed %d, in season %d%n", what, seed, totals.seasons.get());
    return false;
  }
}
