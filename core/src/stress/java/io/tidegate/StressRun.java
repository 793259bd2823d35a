// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jcstress.JCStress;
import org.openjdk.jcstress.Options;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.grading.GradingResult;
import org.openjdk.jcstress.infra.grading.ReportUtils;

/**
 * Runs jcstress, which takes the arguments, and judges what came out: exits with 1 unless every test ran, met nothing
 * forbidden, and met everything that it calls interesting. The latter is what the broken twins are for: a race that does
 * not show the bad outcome of a twin would not show that of the protocol either.
 */
final class StressRun {
  /** Each test runs in a JVM of its own, which logs nothing: neither where a log would tell, nor that it does not. */
  private static final List<String> QUIET_FORKS =
      List.of(
          "-jvmArgsPrepend", "-Dslf4j.provider=org.slf4j.helpers.NOP_FallbackServiceProvider",
          "-jvmArgsPrepend", "-Dslf4j.internal.verbosity=ERROR");

  private StressRun() {}

  public static void main(String[] args) throws Exception {
    List<String> all = new ArrayList<>(QUIET_FORKS);
    all.addAll(List.of(args));
    Options options = new Options(all.toArray(String[]::new));
    if (!options.parse()) {
      System.exit(1);
    }
    JCStress jcstress = new JCStress(options);
    if (options.shouldList()) {
      jcstress.getTests().forEach(System.out::println);
      return;
    }
    if (!options.shouldParse()) {
      try {
        jcstress.run();
      } catch (AssertionError failures) {
        // It throws them when all tests have run and are reported: they are judged below, with the others.
      }
    }
    if (!judge(jcstress.getTests(), results(options.getResultFile()))) {
      System.exit(1);
    }
  }

  private static Map<String, TestResult> results(String file) throws IOException, ClassNotFoundException {
    InProcessCollector collected = new InProcessCollector();
    DiskReadCollector reader = new DiskReadCollector(file, collected);
    try {
      reader.dump();
    } finally {
      reader.close();
    }
    Map<String, TestResult> byName = new TreeMap<>();
    ReportUtils.mergedByName(collected.getTestResults()).forEach(result -> byName.put(result.getName(), result));
    return byName;
  }

  /** Prints a line for each test; says whether all are as they should be. */
  private static boolean judge(Collection<String> tests, Map<String, TestResult> results) {
    boolean good = !tests.isEmpty();
    for (String test : tests) {
      TestResult result = results.get(test);
      String fault = result == null ? "did not run" : fault(result);
      System.out.printf("%-5s %s: %s%n", fault.isEmpty() ? "ok" : "WRONG", test, result == null ? fault : text(result, fault));
      good &= fault.isEmpty();
    }
    System.out.printf("%n%s: %d tests%n", good ? "All are as they should be" : "NOT as it should be", tests.size());
    return good;
  }

  /** What is wrong with a test; empty if nothing is. */
  private static String fault(TestResult result) {
    if (!ReportUtils.statusToPassed(result)) {
      return ReportUtils.statusToLabel(result);
    }
    for (GradingResult outcome : result.grading().gradingResults.values()) {
      if (outcome.expect == Expect.ACCEPTABLE_INTERESTING && outcome.count == 0) {
        return "never saw \"" + outcome.id + "\"";
      }
    }
    return "";
  }

  private static String text(TestResult result, String fault) {
    StringBuilder text = new StringBuilder(fault);
    for (GradingResult outcome : result.grading().gradingResults.values()) {
      if (outcome.count > 0) {
        text.append(text.isEmpty() ? "" : "; ").append('(').append(outcome.id).append(") ").append(outcome.count);
        text.append(outcome.expect == Expect.ACCEPTABLE ? "" : " " + outcome.expect);
      }
    }
    return text.toString();
  }
}
