// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.examples.pageserver.wal.Lsn;

/** The log has not come so far. */
public final class LsnNotReceivedException extends ReadException {
  private static final long serialVersionUID = 1L;

  LsnNotReceivedException(Lsn lsn, Lsn last) {
    super("the log has not come as far as " + lsn + ": the last record ends at " + last);
  }
}
