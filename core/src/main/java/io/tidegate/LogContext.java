// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.Map;
import org.slf4j.MDC;
import org.slf4j.helpers.NOPMDCAdapter;

/** The MDC of threads that work for scopes. */
final class LogContext {
  private LogContext() {}

  /** Whether the log that there is keeps it. */
  static boolean isKept() {
    return !(MDC.getMDCAdapter() instanceof NOPMDCAdapter);
  }

  /** Runs work that changes the calling thread's MDC, and puts back what was there before. */
  static void restoredAfter(Runnable work) {
    Map<String, String> before = MDC.getCopyOfContextMap();
    try {
      work.run();
    } finally {
      if (before == null) {
        MDC.clear();
      } else {
        MDC.setContextMap(before);
      }
    }
  }
}
