// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.walreceiver;

import io.tidegate.examples.pageserver.wal.Lsn;
import java.util.Optional;

/**
 * A source that has answered of late, and so may be received from.
 *
 * <p>Its commit LSN is the end of the WAL that is on that server's disk: a primary has flushed it, a standby has received
 * and flushed it, or replayed it from an archive. PostgreSQL streams no WAL beyond it. WAL that a primary has committed and no
 * standby has is lost where a standby is promoted; that one then is on another of PostgreSQL's timelines, and no source
 * of this one any more.
 *
 * @param source the server as {@code host:port}
 * @param commitLsn up to where it has WAL
 * @param heardAt when it said so
 * @param attempts how many connections to it were begun since one has brought WAL
 * @param attemptedAt when the last of these was begun; empty if there is none
 */
public record Candidate(String source, Lsn commitLsn, Moment heardAt, int attempts, Optional<Moment> attemptedAt) {
  /** A source that has just answered for the first time. */
  static Candidate heard(String source, Lsn commitLsn, Moment now) {
    return new Candidate(source, commitLsn, now, 0, Optional.empty());
  }

  Candidate heardAgain(Lsn newCommitLsn, Moment now) {
    return new Candidate(source, newCommitLsn, now, attempts, attemptedAt);
  }

  Candidate attempted(Moment now) {
    return new Candidate(source, commitLsn, heardAt, attempts + 1, Optional.of(now));
  }

  Candidate succeeded() {
    return new Candidate(source, commitLsn, heardAt, 0, Optional.empty());
  }

  @Override
  public String toString() {
    return source + "|" + heardAt + "|" + commitLsn;
  }
}
