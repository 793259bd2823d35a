// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a layer file. That of level 0 is the layer's part of the log as two times 16 hexadecimal digits, as in
 * {@code 000000000149F5D0-00000000014A0010.l0}, so that names sort as the log does. The others have the first and the
 * last page before, as two times 34 digits, and a number behind: two files of the same range never have the same name.
 *
 * @param level what the file holds
 * @param range its pages
 * @param startLsn where the layer's part of the log begins
 * @param endLsn where it ends
 * @param number what tells files of the same range apart, from 1; of level 0 it is 0
 */
record LayerName(LayerLevel level, KeyRange range, Lsn startLsn, Lsn endLsn, int number) {
  private static final String LSN = "([0-9A-F]{16})";
  private static final String KEY = "([0-9A-F]{34})";
  private static final Pattern LEVEL_0 = Pattern.compile(LSN + "-" + LSN + "\\.l0");
  private static final Pattern OTHER =
      Pattern.compile(KEY + "-" + KEY + "-" + LSN + "-" + LSN + "-([0-9A-F]{8})\\.(l1|img)");

  static LayerName level0(Lsn startLsn, Lsn endLsn) {
    return new LayerName(LayerLevel.L0, KeyRange.ALL, startLsn, endLsn, 0);
  }

  /** {@return whether a file is a layer, or looks as if it had been meant to be one} */
  static boolean isLayer(String name) {
    for (LayerLevel level : LayerLevel.values()) {
      if (name.endsWith("." + level.suffix())) {
        return true;
      }
    }
    return false;
  }

  static Optional<LayerName> parse(String name) {
    Matcher parts = LEVEL_0.matcher(name);
    if (parts.matches()) {
      return Optional.of(level0(lsn(parts.group(1)), lsn(parts.group(2))));
    }
    parts = OTHER.matcher(name);
    if (!parts.matches()) {
      return Optional.empty();
    }
    LayerLevel level = parts.group(6).equals(LayerLevel.L1.suffix()) ? LayerLevel.L1 : LayerLevel.IMAGE;
    PageKey first = key(parts.group(1));
    PageKey last = key(parts.group(2));
    return last.compareTo(first) < 0
        ? Optional.empty()
        : Optional.of(new LayerName(level, new KeyRange(first, last), lsn(parts.group(3)), lsn(parts.group(4)),
            HexFormat.fromHexDigits(parts.group(5))));
  }

  @Override
  public String toString() {
    HexFormat hex = HexFormat.of().withUpperCase();
    String part = hex.toHexDigits(startLsn.value()) + "-" + hex.toHexDigits(endLsn.value());
    String name = level == LayerLevel.L0
        ? part
        : text(hex, range.first()) + "-" + text(hex, range.last()) + "-" + part + "-" + hex.toHexDigits(number);
    return name + "." + level.suffix();
  }

  private static String text(HexFormat hex, PageKey key) {
    return hex.toHexDigits(key.tablespace()) + hex.toHexDigits(key.database()) + hex.toHexDigits(key.relation())
        + hex.toHexDigits(key.fork()) + hex.toHexDigits(key.block());
  }

  private static PageKey key(String digits) {
    return new PageKey(
        HexFormat.fromHexDigits(digits, 0, 8),
        HexFormat.fromHexDigits(digits, 8, 16),
        HexFormat.fromHexDigits(digits, 16, 24),
        (byte) HexFormat.fromHexDigits(digits, 24, 26),
        HexFormat.fromHexDigits(digits, 26, 34));
  }

  private static Lsn lsn(String digits) {
    return new Lsn(HexFormat.fromHexDigitsToLong(digits));
  }
}
