// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/** When a transaction was committed: see {@code xl_xact_commit} in PostgreSQL's {@code src/include/access/xact.h}. */
public final class CommitTime {
  /** Under what key layers file the records of commits, beside other keys that they may have; that of no page. */
  public static final PageKey KEY = RelationMark.databaseKey(0, 0);

  private static final Instant POSTGRES_EPOCH = Instant.parse("2000-01-01T00:00:00Z");
  private static final int XACT = 1;
  private static final int OPERATION = 0x70;
  private static final int COMMIT = 0x00;
  private static final int COMMIT_PREPARED = 0x30;

  private CommitTime() {}

  /** {@return when the transaction whose commit a record is was committed; empty for other records} */
  public static Optional<Instant> of(WalRecord record) {
    int operation = record.info() & OPERATION;
    boolean isCommit = record.resourceManager() == XACT && (operation == COMMIT || operation == COMMIT_PREPARED);
    if (!isCommit || record.mainDataLength() < Long.BYTES) {
      return Optional.empty();
    }
    return Optional.of(POSTGRES_EPOCH.plus(record.mainData().getLong(0), ChronoUnit.MICROS));
  }

  /**
   * {@return when the transaction whose commit a stored record is was committed; empty for other records}
   *
   * @param end the end of the record
   * @param stored the record as a layer has it, from its position to its limit
   */
  public static Optional<Instant> ofStored(Lsn end, ByteBuffer stored) {
    boolean isTransaction = stored.get(stored.position() + WalRecord.RESOURCE_MANAGER_OFFSET) == XACT;
    return isTransaction ? of(WalRecord.ofStored(end, stored)) : Optional.empty();
  }
}
