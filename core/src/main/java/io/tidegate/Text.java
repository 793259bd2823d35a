// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

/** What the library prints of objects of others, whose {@code toString} may throw. */
final class Text {
  private Text() {}

  /** What the object says of itself; if it throws instead, the names of its class and of what it threw. */
  static String of(Object object) {
    try {
      return "" + object;
    } catch (Throwable thrown) {
      return object.getClass().getName() + " (its toString threw " + thrown.getClass().getName() + ")";
    }
  }
}
