// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.examples.pageserver.wal.Lsn;

/** The position lies before those that garbage collection keeps. */
public final class LsnCollectedException extends ReadException {
  private static final long serialVersionUID = 1L;

  LsnCollectedException(Lsn lsn, Lsn cutoff) {
    super("garbage collection has removed what was at " + lsn + ": the oldest position is " + cutoff);
  }
}
