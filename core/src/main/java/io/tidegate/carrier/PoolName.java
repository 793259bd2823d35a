// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

/** The rule for pool names: what an OS thread's name can show of them. */
final class PoolName {
  /** 15 characters that the OS shows, without the "-999" of the carrier's number. */
  static final int MAX_LENGTH = 11;

  private PoolName() {}

  /** Returns the name if it fits. */
  static String checked(String name) {
    if (name.isBlank()) {
      throw new IllegalArgumentException("A pool's name must not be blank: its carriers are found by it");
    }
    if (name.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          ("Pool name \"%s\" has %d characters, the limit is %d: carriers are named <name>-<number>, and the name of an"
                  + " OS thread keeps its first 15 characters up to JDK 25, and from JDK 26 on"
                  + " its first 7, \"..\" and its last 6")
              .formatted(name, name.length(), MAX_LENGTH));
    }
    if (!name.chars().allMatch(PoolName::fits)) {
      throw new IllegalArgumentException(
          "Pool name \"%s\" is unfit for an OS thread: only a-z, A-Z, 0-9, '.', '_' and '-' are".formatted(name));
    }
    return name;
  }

  private static boolean fits(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_'
        || c == '-';
  }
}
