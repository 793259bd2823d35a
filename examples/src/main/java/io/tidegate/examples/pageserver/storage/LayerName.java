// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a layer file: the layer's range as two times 16 hexadecimal digits, as in {@code
 * 000000000149F5D0-00000000014A0010.l0}, so that names sort as the log does.
 *
 * @param startLsn where the layer's part of the log begins
 * @param endLsn where it ends
 */
record LayerName(Lsn startLsn, Lsn endLsn) {
  static final String SUFFIX = ".l0";
  private static final Pattern FORM = Pattern.compile("([0-9A-F]{16})-([0-9A-F]{16})\\.l0");

  static Optional<LayerName> parse(String name) {
    Matcher parts = FORM.matcher(name);
    return parts.matches() ? Optional.of(new LayerName(lsn(parts.group(1)), lsn(parts.group(2)))) : Optional.empty();
  }

  @Override
  public String toString() {
    HexFormat hex = HexFormat.of().withUpperCase();
    return hex.toHexDigits(startLsn.value()) + "-" + hex.toHexDigits(endLsn.value()) + SUFFIX;
  }

  private static Lsn lsn(String digits) {
    return new Lsn(HexFormat.fromHexDigitsToLong(digits));
  }
}
