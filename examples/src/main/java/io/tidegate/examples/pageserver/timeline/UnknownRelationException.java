// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.examples.pageserver.wal.Lsn;

/** There is no such relation, or database, at the position. */
public final class UnknownRelationException extends ReadException {
  private static final long serialVersionUID = 1L;

  UnknownRelationException(String what, Lsn lsn) {
    super("there is no " + what + " at " + lsn);
  }
}
