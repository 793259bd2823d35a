// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh.report;

import java.util.Map;
import java.util.TreeMap;

/**
 * One benchmark with its parameters.
 *
 * @param benchmark its class and method, as in {@code GateBenchmark.gate}
 * @param parameters the values of all of its parameters
 * @param divisor what its score is divided by to be that of one operation
 */
record Subject(String benchmark, Map<String, String> parameters, long divisor) {
  Subject {
    parameters = new TreeMap<>(parameters);
  }

  static Subject of(String benchmark) {
    return new Subject(benchmark, Map.of(), 1);
  }

  Subject with(String parameter, Object value) {
    Map<String, String> more = new TreeMap<>(parameters);
    more.put(parameter, value.toString());
    return new Subject(benchmark, more, divisor);
  }

  Subject per(long operations) {
    return new Subject(benchmark, parameters, operations);
  }

  /** Returns the same with another divisor, which is run once for all of them. */
  Subject run() {
    return per(1);
  }

  @Override
  public String toString() {
    return parameters.isEmpty() ? benchmark : benchmark + parameters;
  }
}
