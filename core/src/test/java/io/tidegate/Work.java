// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

/** The kinds of the tests' tasks. */
public enum Work implements TaskKind {
  READ,
  WRITE
}
