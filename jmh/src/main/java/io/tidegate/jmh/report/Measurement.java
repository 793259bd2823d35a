// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh.report;

import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Map;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs one benchmark in one new JVM. */
final class Measurement {
  private static final String PACKAGE = "io.tidegate.jmh.";
  private static final TimeValue ITERATION = TimeValue.milliseconds(200);
  /** Of those that start threads: on two processors the JIT is longer busy with all that they run. */
  private static final TimeValue LONG_WARMUP = TimeValue.milliseconds(400);
  private static final int ITERATIONS = 3;

  private Measurement() {}

  /**
   * Runs it.
   *
   * @throws RunnerException if it failed, as a peer does that this JDK cannot run
   */
  static Score of(Subject subject) throws RunnerException {
    // What the forks write is about JMH itself; a failure comes as an exception.
    OutputFormat nowhere =
        OutputFormatFactory.createFormatInstance(new PrintStream(OutputStream.nullOutputStream()), VerboseMode.SILENT);
    RunResult result = new Runner(options(subject), nowhere).runSingle();
    return new Score(
        result.getPrimaryResult().getStatistics().getPercentile(50), // of single shots, one may meet the collector
        other(result, CpuProfiler.CPU),
        other(result, "gc.alloc.rate.norm"));
  }

  /** Returns what a profiler has found; its name may have a prefix. */
  private static double other(RunResult result, String name) {
    Map<String, ?> others = result.getSecondaryResults();
    return others.entrySet().stream()
        .filter(other -> other.getKey().endsWith(name))
        .mapToDouble(other -> ((Result<?>) other.getValue()).getScore())
        .findFirst()
        .orElse(Double.NaN);
  }

  private static Options options(Subject subject) {
    ChainedOptionsBuilder options = new OptionsBuilder()
        .include("^" + (PACKAGE + subject.benchmark()).replace(".", "\\.") + "$")
        .forks(1)
        .addProfiler(GCProfiler.class)
        .addProfiler(CpuProfiler.class)
        .verbosity(VerboseMode.SILENT)
        .shouldFailOnError(true);
    subject.parameters().forEach((name, value) -> options.param(name, value));
    if (!isSingleShot(subject)) {
      options.warmupTime(startsThreads(subject) ? LONG_WARMUP : ITERATION).warmupIterations(ITERATIONS)
          .measurementTime(ITERATION).measurementIterations(ITERATIONS);
    }
    return options.build();
  }

  private static boolean startsThreads(Subject subject) {
    return subject.benchmark().matches("(Spawn|OpenScope|Fork|Carrier)Benchmark\\..*");
  }

  /** Those count their iterations themselves. */
  private static boolean isSingleShot(Subject subject) {
    return subject.benchmark().matches("(Cancel|TokenCancel|GateClose|TimelineClose|FirstClose)Benchmark\\..*");
  }
}
