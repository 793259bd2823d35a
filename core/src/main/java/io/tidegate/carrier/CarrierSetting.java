// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import org.jspecify.annotations.Nullable;

/**
 * Whose carriers run the virtual threads of a named pool.
 *
 * <p>The system property {@code io.tidegate.carriers}, where it is set, decides for all pools of the process, with the
 * value {@code auto}, {@code dedicated} or {@code shared}: it is the operator's word. Where it is not, the program's
 * counts, see {@link CarrierPool.Builder#carriers}.
 */
public enum CarrierSetting {
  /** Carriers of the pool's own where the JVM allows it, else the JDK's. */
  AUTO("auto"),
  /** Carriers of the pool's own, or no pool. */
  DEDICATED("dedicated"),
  /** Always the JDK's carriers. */
  SHARED("shared");

  static final String PROPERTY = "io.tidegate.carriers";

  private final String text;

  CarrierSetting(String text) {
    this.text = text;
  }

  /** Reads the property, so that a program may still set it before its first pool; null if it is not set. */
  static @Nullable CarrierSetting ofProcess() {
    String value = System.getProperty(PROPERTY);
    return value == null ? null : parse(value);
  }

  static CarrierSetting parse(String value) {
    for (CarrierSetting setting : values()) {
      if (setting.text.equals(value)) {
        return setting;
      }
    }
    throw new IllegalStateException(
        "System property %s is \"%s\", but must be auto, dedicated or shared".formatted(PROPERTY, value));
  }

  /** {@return the value as the property takes it} */
  @Override
  public String toString() {
    return text;
  }
}
