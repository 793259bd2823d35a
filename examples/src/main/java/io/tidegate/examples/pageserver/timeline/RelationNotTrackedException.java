// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.examples.pageserver.wal.Lsn;

/** The log since the timeline's begin does not tell: what is asked for was there before. */
public final class RelationNotTrackedException extends ReadException {
  private static final long serialVersionUID = 1L;

  RelationNotTrackedException(String what, Lsn lsn, String why) {
    super(what + " at " + lsn + ": " + why);
  }
}
