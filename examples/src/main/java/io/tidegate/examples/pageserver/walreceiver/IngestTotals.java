// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.walreceiver;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.WalAccount;

/**
 * Where every byte went that a walreceiver has received, over all its connections.
 *
 * <p><b>Threads:</b> one connection task at a time writes, any thread reads.
 */
public final class IngestTotals {
  /** What the connections before the present one have brought, up to their last record. Guarded by this. */
  private long recordsBefore;

  private long recordBytesBefore;
  private long otherBytesBefore;
  private boolean balanced = true;
  private int connections;
  private int failures;
  private WalAccount present;

  /** What was counted since the walreceiver's start. */
  private final Lsn start;

  IngestTotals(Lsn start) {
    this.start = start;
    this.present = new WalAccount(start, start, start, 0, 0, 0, 0, 0, 0);
  }

  synchronized void connected(WalAccount fresh) {
    recordsBefore += present.records();
    recordBytesBefore += present.recordBytes();
    otherBytesBefore += otherBytes(present);
    balanced &= present.balances() && present.lastRecordEnd().equals(fresh.start());
    present = fresh;
    connections++;
  }

  synchronized void received(WalAccount account) {
    present = account;
  }

  synchronized void countFailure() {
    failures++;
  }

  /** {@return the bytes from the start to the end of the last record} */
  public synchronized long bytes() {
    return present.lastRecordEnd().minus(start);
  }

  /** {@return the records} */
  public synchronized long records() {
    return recordsBefore + present.records();
  }

  /** {@return whether each byte from the start to the last record was received once, and no check has failed} */
  public synchronized boolean isWhole() {
    long counted = recordBytesBefore + otherBytesBefore + present.recordBytes() + otherBytes(present);
    return balanced && failures == 0 && present.balances() && counted == bytes();
  }

  private static long otherBytes(WalAccount account) {
    return account.pageHeaderBytes() + account.alignmentBytes() + account.skippedBytes();
  }

  /** Accounts for every byte, in one line. */
  @Override
  public synchronized String toString() {
    long recordBytes = recordBytesBefore + present.recordBytes();
    return "WAL " + start + " to " + present.lastRecordEnd() + " = " + bytes() + " bytes: "
        + records() + " records of " + recordBytes + " bytes, "
        + (bytes() - recordBytes) + " bytes of page headers, padding and switched segments; "
        + connections + (connections == 1 ? " connection, " : " connections, ")
        + failures + " failed checks; " + (isWhole() ? "every byte accounted for" : "NOT EVERY BYTE ACCOUNTED FOR");
  }
}
