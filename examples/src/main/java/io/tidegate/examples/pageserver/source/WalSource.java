// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.source;

import io.tidegate.examples.pageserver.wal.Lsn;
import java.time.Duration;

/**
 * A server that WAL can be received from: the primary of a PostgreSQL cluster, or a standby of it.
 *
 * <p>All calls block, and may be made by any thread; an interrupt of a virtual thread ends them with a
 * {@link SourceException}.
 */
public interface WalSource {
  /** {@return the server as {@code host:port}, for messages: what tells one source from another} */
  String where();

  /**
   * {@return which cluster the server serves, and how far its WAL reaches}
   *
   * @throws SourceException if the server cannot be asked
   */
  ServerIdentity identify();

  /**
   * {@return a new connection for asking again and again, for the caller to close}
   *
   * @throws SourceException if the server cannot be reached or refuses
   */
  StatusConnection connectForStatus();

  /**
   * Creates the physical replication slot if it is missing, and makes the server keep its WAL from now on.
   *
   * @param slot the slot's name: lower-case letters, digits and underscores, at most 63
   * @return the oldest position that the slot still keeps; for a new slot the start of the last checkpoint's WAL
   * @throws WalRemovedException if the slot exists but keeps no WAL, as when the server has invalidated it
   * @throws SourceException if the server refuses or cannot be asked
   * @throws IllegalArgumentException if the name is not a slot's name
   */
  Lsn ensureSlot(String slot);

  /**
   * Drops the replication slot, if there is one: the server may then remove the WAL that it kept.
   *
   * @param slot the slot's name
   * @throws SourceException if the slot is in use, or the server refuses or cannot be asked
   * @throws IllegalArgumentException if the name is not a slot's name
   */
  void dropSlot(String slot);

  /**
   * Starts streaming WAL of the server's current timeline.
   *
   * @param slot the slot that keeps the WAL, from {@link #ensureSlot}; one stream at a time
   * @param start the first byte wanted
   * @param silence how long neither side may be silent: the server asks for a sign of life after half of it, and gives
   *     the stream up when it has heard nothing for as long
   * @return the stream, for the caller to close
   * @throws WalRemovedException if the server has invalidated the slot; a start that the server does not have, gone or
   *     still to come, shows at the first {@link WalStream#read}
   * @throws SourceException if the server refuses or cannot be reached; retryable while the slot is still in use
   * @throws IllegalArgumentException if the name is not a slot's name
   */
  WalStream stream(String slot, Lsn start, Duration silence);
}
