// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.id;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/** The text form that all ids share: 128 bits as 32 hexadecimal digits. */
final class HexDigits {
  static final RandomGenerator RANDOM = new SecureRandom();
  private static final int DIGITS = 32;

  private HexDigits() {}

  static String format(long high, long low) {
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(high) + hex.toHexDigits(low);
  }

  /** {@return the first 64 bits of {@code text}, which is checked as a whole} */
  static long high(String what, String text) {
    if (text.length() != DIGITS || !text.chars().allMatch(HexFormat::isHexDigit)) {
      throw new IllegalArgumentException("a " + what + " is " + DIGITS + " hexadecimal digits, not \"" + text + "\"");
    }
    return HexFormat.fromHexDigitsToLong(text, 0, DIGITS / 2);
  }

  /** {@return the last 64 bits of a text that {@link #high} accepted} */
  static long low(String text) {
    return HexFormat.fromHexDigitsToLong(text, DIGITS / 2, DIGITS);
  }
}
