// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.source;

import io.tidegate.examples.pageserver.wal.Lsn;

/**
 * Which cluster a server serves, and how far its WAL reaches.
 *
 * @param systemIdentifier the cluster's identifier, unsigned: chosen at its creation, the same on all its standbys, and
 *     part of each WAL segment's first page header
 * @param timeline the current timeline's number
 * @param flushLsn the end of the WAL that was on the server's disk when asked
 */
public record ServerIdentity(long systemIdentifier, int timeline, Lsn flushLsn) {
  @Override
  public String toString() {
    return "system " + Long.toUnsignedString(systemIdentifier) + ", timeline " + timeline + ", WAL up to " + flushLsn;
  }
}
