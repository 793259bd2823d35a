// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;

/** The commands that {@code jcmd} would give to this JVM. */
final class Diagnostics {
  private Diagnostics() {}

  /** Runs a command, {@code gcClassHistogram} for {@code GC.class_histogram}; answers what it prints. */
  static String run(String command, String... arguments) throws JMException {
    return (String) ManagementFactory.getPlatformMBeanServer()
        .invoke(
            new ObjectName("com.sun.management:type=DiagnosticCommand"),
            command,
            new Object[] {arguments},
            new String[] {String[].class.getName()});
  }
}
