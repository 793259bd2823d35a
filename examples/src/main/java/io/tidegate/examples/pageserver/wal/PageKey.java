// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import java.util.Comparator;

/**
 * The address of one 8 KiB page of a PostgreSQL cluster.
 *
 * @param tablespace the tablespace's OID, unsigned
 * @param database the database's OID, unsigned; 0 for relations that all databases share
 * @param relation the relation's file number, unsigned
 * @param fork 0 main, 1 free space map, 2 visibility map, 3 init
 * @param block the block number within the fork, unsigned
 */
public record PageKey(int tablespace, int database, int relation, byte fork, int block) implements Comparable<PageKey> {
  private static final Comparator<PageKey> ORDER =
      Comparator.comparingLong((PageKey key) -> Integer.toUnsignedLong(key.tablespace))
          .thenComparingLong(key -> Integer.toUnsignedLong(key.database))
          .thenComparingLong(key -> Integer.toUnsignedLong(key.relation))
          .thenComparingInt(key -> key.fork)
          .thenComparingLong(key -> Integer.toUnsignedLong(key.block));

  /** Orders by tablespace, database, relation, fork, block. */
  @Override
  public int compareTo(PageKey other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return Integer.toUnsignedString(tablespace)
        + "/" + Integer.toUnsignedString(database)
        + "/" + Integer.toUnsignedString(relation)
        + "." + fork
        + "#" + Integer.toUnsignedString(block);
  }
}
