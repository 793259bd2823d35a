// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.walreceiver;

import io.tidegate.CancellationToken;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.WalRecord;

/** Where a walreceiver puts the records that it receives. One connection at a time calls it. */
public interface WalSink {
  /** {@return the end of the last record that was put: where the next connection has to start} */
  Lsn lastRecordLsn();

  /** {@return up to where the records are durable: the server may forget the WAL before} */
  Lsn diskConsistentLsn();

  /** {@return up to where the records are in the remote store: they outlive this machine} */
  Lsn remoteConsistentLsn();

  /**
   * Takes the next record. Blocks while too much is waiting to be written to disk.
   *
   * @param record the record that starts where the one before ended
   * @param token ends the wait
   * @throws Exception if the token is cancelled meanwhile
   */
  void put(WalRecord record, CancellationToken token) throws Exception;
}
