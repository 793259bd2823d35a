// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.condition.OS;

/** What the JVM of the tests is known to have: a test that finds otherwise fails, and is not skipped. */
public final class KnownJvm {
  private KnownJvm() {}

  /** {@return whether it samples the CPU time of threads} */
  public static boolean samplesCpuTime() {
    return OS.LINUX.isCurrentOs() && JRE.currentJre().compareTo(JRE.JAVA_25) >= 0;
  }
}
