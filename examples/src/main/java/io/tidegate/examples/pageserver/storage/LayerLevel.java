// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

/** What a layer file holds. */
public enum LayerLevel {
  /** All records of a part of the log, as they were flushed. */
  L0(0, "l0"),
  /** The records of a part of the log that touch the pages of a range. */
  L1(1, "l1"),
  /** Pages of a range as they are at a position. */
  IMAGE(2, "img");

  private final int code;
  private final String suffix;

  LayerLevel(int code, String suffix) {
    this.code = code;
    this.suffix = suffix;
  }

  /** {@return the number by which it is stored} */
  int code() {
    return code;
  }

  /** {@return how a file's name ends, behind the dot} */
  String suffix() {
    return suffix;
  }
}
