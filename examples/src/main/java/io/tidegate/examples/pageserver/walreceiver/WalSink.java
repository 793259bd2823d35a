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

  /**
   * {@return up to where the records are in the remote storage, and survive the loss of the local disk} Without a remote
   * storage it is the disk-consistent LSN: nothing more is to come.
   */
  Lsn remoteConsistentLsn();

  /**
   * Takes the next record. Blocks while too much is waiting to be written to disk.
   *
   * <p>The token is that of a task of the walreceiver, whose scope is below the timeline's: so it is cancelled with the
   * first of both, and whatever has to be read for the record must listen to it, or to a token that is a descendant of it.
   * Then a close of the walreceiver, which comes before the freeze and flush, cannot hang on such a read.
   *
   * @param record the record that starts where the one before ended
   * @param token ends all waits
   * @throws Exception if the token is cancelled meanwhile
   */
  void put(WalRecord record, CancellationToken token) throws Exception;
}
