// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.walreceiver;

import io.tidegate.examples.pageserver.wal.Lsn;
import java.util.Optional;

/**
 * The connection that WAL comes through, or that is being made for it.
 *
 * @param source the server as {@code host:port}
 * @param isConnected whether the stream runs
 * @param hasProcessedWal whether a record has come through it
 * @param messageAt when the server was last heard, or the attempt began; also when it last had to wait for the ingest
 * @param walAt the same of WAL
 * @param streamingLsn the end of the last record that was ingested
 * @param commitLsn the end of the server's WAL as it last said; the stream's start before
 * @param discovered what another source had that this one had not; empty once this one has it too
 */
public record Connection(
    String source,
    boolean isConnected,
    boolean hasProcessedWal,
    Moment messageAt,
    Moment walAt,
    Lsn streamingLsn,
    Lsn commitLsn,
    Optional<Discovered> discovered) {
  /**
   * WAL that another source has.
   *
   * @param commitLsn up to where
   * @param at when that was first seen
   */
  public record Discovered(Lsn commitLsn, Moment at) {}

  /** A connection that is begun. */
  static Connection begun(String source, Lsn start, Moment now) {
    return new Connection(source, false, false, now, now, start, start, Optional.empty());
  }

  /** The stream runs. */
  Connection established(Moment now) {
    return new Connection(source, true, hasProcessedWal, now, now, streamingLsn, commitLsn, discovered);
  }

  /** The server was heard. */
  Connection heard(boolean withWal, Lsn newCommitLsn, Moment now) {
    Optional<Discovered> stillAhead = discovered.filter(wal -> newCommitLsn.isBefore(wal.commitLsn()));
    return new Connection(
        source, isConnected, hasProcessedWal, now, withWal ? now : walAt, streamingLsn, newCommitLsn, stillAhead);
  }

  /** The server is not read from, as the ingest is behind: its silence says nothing. */
  Connection heldUp(Moment now) {
    return new Connection(source, isConnected, hasProcessedWal, now, now, streamingLsn, commitLsn, discovered);
  }

  /** Records were ingested. */
  Connection processed(Lsn newStreamingLsn) {
    return new Connection(source, isConnected, true, messageAt, walAt, newStreamingLsn, commitLsn, discovered);
  }

  /** Another source said how far its WAL reaches. */
  Connection compared(Lsn othersCommitLsn, Moment now) {
    if (discovered.isPresent() || !commitLsn.isBefore(othersCommitLsn)) {
      return this;
    }
    Optional<Discovered> ahead = Optional.of(new Discovered(othersCommitLsn, now));
    return new Connection(source, isConnected, hasProcessedWal, messageAt, walAt, streamingLsn, commitLsn, ahead);
  }

  /** {@return since when WAL that exists has not come; empty if all that is known to exist has} */
  Optional<Moment> waitsForWalSince() {
    if (streamingLsn.isBefore(commitLsn)) {
      return Optional.of(walAt);
    }
    return discovered.map(wal -> wal.at().orLater(walAt));
  }

  @Override
  public String toString() {
    if (!isConnected) {
      return "(update " + messageAt + "): connecting to " + source;
    }
    return "(update " + walAt + "): streaming WAL from " + source
        + ", commit|streaming LSN: " + commitLsn + "|" + streamingLsn;
  }
}
