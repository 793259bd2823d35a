// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

/** What must be known of a page to make it as it is after a record. */
public enum PageEffect {
  /** The page before the record, and the record's replay. */
  CHANGE(0),
  /** The record's replay alone: it makes the page anew. */
  INIT(1),
  /** Nothing but what is stored: all of the page is there. */
  IMAGE(2);

  private final int code;

  PageEffect(int code) {
    this.code = code;
  }

  /** {@return the number by which it is stored} */
  public int code() {
    return code;
  }

  /**
   * {@return the effect of a number}
   *
   * @throws IllegalArgumentException if there is none
   */
  public static PageEffect of(int code) {
    return switch (code) {
      case 0 -> CHANGE;
      case 1 -> INIT;
      case 2 -> IMAGE;
      default -> throw new IllegalArgumentException("no effect has the number " + code);
    };
  }

  /** {@return whether the page before does not count any more} */
  public boolean replaces() {
    return this != CHANGE;
  }
}
