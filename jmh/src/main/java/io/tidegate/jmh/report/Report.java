// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh.report;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.openjdk.jmh.runner.RunnerException;

/**
 * What {@code mvn -Pjmh} runs. Without arguments: the pairs of {@link Comparisons}, in {@value #ROUNDS} rounds, so that
 * whatever slows the machine for a while slows both, those without a goal in fewer; then a table, and a picture beside it.
 * With arguments, JMH itself with these.
 */
public final class Report {
  private static final int ROUNDS = 5;
  /** Of hand-overs: where the two threads come to run differs from process to process, by more than what is compared. */
  private static final int ROUNDS_OF_CARRIERS = 7;
  /** Of those that are there for comparison only, so that all ends within ten minutes. */
  private static final int ROUNDS_WITHOUT_GOAL = 2;

  private final PrintStream out = System.out;
  private final Map<Subject, List<Score>> scores = new HashMap<>();

  private Report() {}

  /**
   * Runs.
   *
   * @param args none, or JMH's own options, then for all benchmarks that these include
   */
  public static void main(String[] args) throws IOException {
    if (args.length > 0) {
      org.openjdk.jmh.Main.main(args);
    } else {
      new Report().run();
    }
  }

  private void run() throws IOException {
    long began = System.nanoTime();
    List<Comparison> comparisons = Comparisons.all();
    Set<Subject> all = subjects(comparisons);
    Set<Subject> withGoals = subjects(comparisons.stream().filter(Comparison::hasGoal).toList());
    Set<Subject> carriers = subjects(comparisons.stream().filter(Comparison::isOfCarriers).toList());
    for (int round = 1; round <= ROUNDS_OF_CARRIERS; round++) {
      measure(round <= ROUNDS_WITHOUT_GOAL ? all : round <= ROUNDS ? withGoals : carriers, round);
    }
    List<Outcome> outcomes = comparisons.stream().map(this::outcome).toList();
    show(outcomes, Duration.ofNanos(System.nanoTime() - began));
  }

  private static Set<Subject> subjects(List<Comparison> comparisons) {
    Set<Subject> subjects = new LinkedHashSet<>();
    for (Comparison comparison : comparisons) {
      subjects.add(comparison.ours().run());
      subjects.add(comparison.peer().run());
    }
    return subjects;
  }

  private void measure(Set<Subject> subjects, int round) {
    int number = 0;
    for (Subject subject : subjects) {
      out.printf(Locale.ROOT, "round %d of %d, %d of %d: %s ", round, ROUNDS_OF_CARRIERS, ++number, subjects.size(), subject);
      try {
        Score score = Measurement.of(subject);
        scores.computeIfAbsent(subject, key -> new ArrayList<>()).add(score);
        out.printf(Locale.ROOT, "%.3f%n", score.time());
      } catch (RunnerException failed) {
        out.printf("failed: %s%n", failed.getMessage());
      }
    }
  }

  private Outcome outcome(Comparison comparison) {
    List<Score> ours = scoresOf(comparison.ours());
    List<Score> peers = scoresOf(comparison.peer());
    List<Double> time = new ArrayList<>();
    List<Double> cpu = new ArrayList<>();
    for (int i = 0; i < Math.min(ours.size(), peers.size()); i++) {
      time.add(ours.get(i).time() / peers.get(i).time());
      cpu.add(ours.get(i).cpuNanos() / peers.get(i).cpuNanos());
    }
    Outcome.Bytes bytes = new Outcome.Bytes(median(ours, Score::bytes), median(peers, Score::bytes));
    return new Outcome(comparison, time, cpu, bytes);
  }

  private List<Score> scoresOf(Subject subject) {
    return scores.getOrDefault(subject.run(), List.of()).stream().map(score -> score.per(subject.divisor())).toList();
  }

  private static double median(List<Score> scores, ToDoubleFunction<Score> part) {
    return scores.isEmpty() ? Double.NaN : Outcome.median(scores.stream().mapToDouble(part).sorted().boxed().toList());
  }

  private void show(List<Outcome> outcomes, Duration took) throws IOException {
    String title = String.format(
        Locale.ROOT, "%s, JDK %s, %s with %d processors, mvn -Pjmh: medians of %d rounds, %d s",
        LocalDate.now(ZoneId.systemDefault()), Runtime.version(), System.getProperty("os.arch"),
        Runtime.getRuntime().availableProcessors(), ROUNDS, took.toSeconds());
    List<String> lines = new ArrayList<>();
    lines.add(title);
    lines.add(Outcome.header());
    outcomes.forEach(outcome -> lines.add(outcome.row()));
    lines.forEach(out::println);
    Path folder = Files.createDirectories(Path.of("target", "report"));
    Files.write(folder.resolve("ratios.txt"), lines);
    Files.writeString(folder.resolve("ratios.svg"), Picture.of(outcomes, title));
    out.println("also in " + folder.resolve("ratios.txt") + " and " + folder.resolve("ratios.svg") + " of the module");
  }
}
