// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;

/**
 * Lets Lincheck choose operations and the switches between two threads, and compares what they answer with what some
 * order of the same operations would: exits with 1 unless each object is like its sequential form, and no broken twin is.
 * Unlike the races of {@link StressRun} this does not depend on how the machine schedules; it sees no reordering.
 */
final class LinearizabilityRun {
  private static final int SCENARIOS = 20;
  private static final int SCHEDULES = 100;

  private LinearizabilityRun() {}

  public static void main(String[] args) {
    RacePool.elsewhere(() -> {}); // initializes its classes
    boolean good = agrees(GateLinearizability.Real.class, GateLinearizability.Sequential.class);
    good &= agrees(TokenLinearizability.Real.class, TokenLinearizability.Sequential.class);
    good &= differs(GateLinearizability.BrokenTwin.class, GateLinearizability.Sequential.class);
    good &= differs(TokenLinearizability.BrokenTwin.class, TokenLinearizability.Sequential.class);
    System.exit(good ? 0 : 1);
  }

  private static boolean agrees(Class<?> object, Class<?> sequential) {
    String found = check(object, sequential);
    return judge(object, found.isEmpty(), found.isEmpty() ? "linearizable" : found);
  }

  private static boolean differs(Class<?> twin, Class<?> sequential) {
    boolean found = check(twin, sequential).contains("Invalid execution results");
    return judge(twin, found, found ? "found to be broken" : "its fault was not found");
  }

  private static boolean judge(Class<?> object, boolean good, String text) {
    System.out.printf("%-5s %s: %s%n", good ? "ok" : "WRONG", object.getName(), text);
    return good;
  }

  /** What Lincheck found; empty if nothing. */
  private static String check(Class<?> object, Class<?> sequential) {
    try {
      new ModelCheckingOptions()
          .iterations(SCENARIOS)
          .invocationsPerIteration(SCHEDULES)
          .threads(2)
          .actorsBefore(0)
          .actorsPerThread(3)
          .actorsAfter(1)
          .loopBound(2_000) // a close looks into every place of a gate
          .sequentialSpecification(sequential)
          .check(object);
      return "";
    } catch (LincheckAssertionError found) {
      return String.valueOf(found.getMessage());
    }
  }
}
