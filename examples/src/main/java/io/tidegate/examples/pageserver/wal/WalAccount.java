// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

/**
 * Where every byte went that a decoder was given: a snapshot of its positions and counters.
 *
 * <p>Each byte is counted at the place where it is consumed, whereas the positions come from the records' addresses;
 * so the {@linkplain #balances() balance} is a check, not a tautology.
 *
 * @param start the position at which the decoder began
 * @param lastRecordEnd the position after the last complete record
 * @param position the position of the next byte to consume
 * @param records the number of complete records
 * @param recordBytes the bytes of complete records, headers of records included
 * @param pageHeaderBytes the bytes of page headers before {@code lastRecordEnd}
 * @param alignmentBytes the bytes between records, up to 7 each
 * @param skippedBytes the bytes that PostgreSQL passes over: the rest of a switched segment, records that were
 *     abandoned
 * @param pendingBytes the bytes of any sort after {@code lastRecordEnd}
 */
public record WalAccount(
    Lsn start,
    Lsn lastRecordEnd,
    Lsn position,
    long records,
    long recordBytes,
    long pageHeaderBytes,
    long alignmentBytes,
    long skippedBytes,
    long pendingBytes) {

  /** {@return whether every byte from {@code start} to {@code position} is accounted for, and none twice} */
  public boolean balances() {
    Lsn counted = start.plus(recordBytes + pageHeaderBytes + alignmentBytes + skippedBytes);
    return counted.equals(lastRecordEnd) && counted.plus(pendingBytes).equals(position);
  }
}
