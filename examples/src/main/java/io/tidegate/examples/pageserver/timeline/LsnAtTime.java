// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.examples.pageserver.wal.Lsn;

/**
 * Where the log was at a time.
 *
 * @param kind what sort of answer it is
 * @param lsn the position
 */
public record LsnAtTime(Kind kind, Lsn lsn) {
  /** The sorts of answers. */
  public enum Kind {
    /** Right after the last commit that was not later than the time. */
    PRESENT,
    /** All commits are earlier: the end of the log. */
    FUTURE,
    /** All commits that can be read are later: the oldest position. */
    PAST,
    /** There is no commit: the oldest position. */
    NODATA
  }
}
