// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.lang.instrument.Instrumentation;
import java.util.Map;
import java.util.Set;

/**
 * Opens to this library what dedicated carriers need, in a process that is started with {@code java -jar}: where the
 * manifest of that jar says {@code Launcher-Agent-Class: io.tidegate.carrier.CarrierAgent}, the JVM calls it before
 * {@code main}. It does what {@code Add-Opens: java.base/java.lang} there does, and to the module of this library
 * alone.
 */
public final class CarrierAgent {
  private CarrierAgent() {}

  /**
   * Called by the JVM.
   *
   * @param arguments not looked at
   * @param jvm what opens the package
   */
  public static void agentmain(String arguments, Instrumentation jvm) {
    Set<Module> self = Set.of(CarrierAgent.class.getModule());
    jvm.redefineModule(Object.class.getModule(), Set.of(), Map.of(), Map.of("java.lang", self), Set.of(), Map.of());
  }
}
