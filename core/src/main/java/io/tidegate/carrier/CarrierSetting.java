// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import org.jspecify.annotations.Nullable;

/** The process's setting for named pools, the system property {@value #PROPERTY}. */
enum CarrierSetting {
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

  /** Reads the property, so that a program may still set it before its first pool. */
  static CarrierSetting current() {
    return parse(System.getProperty(PROPERTY));
  }

  static CarrierSetting parse(@Nullable String value) {
    if (value == null) {
      return AUTO;
    }
    for (CarrierSetting setting : values()) {
      if (setting.text.equals(value)) {
        return setting;
      }
    }
    throw new IllegalStateException(
        "System property %s is \"%s\", but must be auto, dedicated or shared".formatted(PROPERTY, value));
  }

  @Override
  public String toString() {
    return PROPERTY + "=" + text;
  }
}
