// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.source;

import io.tidegate.examples.pageserver.wal.Lsn;

/**
 * How far the WAL has got on the receiver's side, as a server is told.
 *
 * @param writeLsn the end of what was received and ingested; a crash may lose it
 * @param flushLsn the end of what is on the local disk: the server may remove the WAL before it
 * @param applyLsn the end of what is in the remote storage, and survives the loss of that disk; informative
 */
public record Feedback(Lsn writeLsn, Lsn flushLsn, Lsn applyLsn) {
  /** {@return the later one of each of the positions} */
  Feedback latest(Feedback other) {
    return new Feedback(
        later(writeLsn, other.writeLsn), later(flushLsn, other.flushLsn), later(applyLsn, other.applyLsn));
  }

  /** {@return whether none of the positions is past {@code end}} */
  boolean isWithin(Lsn end) {
    return !end.isBefore(writeLsn) && !end.isBefore(flushLsn) && !end.isBefore(applyLsn);
  }

  private static Lsn later(Lsn one, Lsn other) {
    return one.isBefore(other) ? other : one;
  }
}
