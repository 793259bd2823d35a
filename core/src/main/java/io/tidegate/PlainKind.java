// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

/** The kinds of tasks that the user named none for. */
enum PlainKind implements TaskKind {
  /** A fork without a kind. */
  TASK,
  /** A drain step, or the draining of a child scope. */
  DRAIN,
  /** The close steps of one scope. */
  CLOSE
}
