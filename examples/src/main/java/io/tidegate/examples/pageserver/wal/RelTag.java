// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

/**
 * One fork of a relation.
 *
 * @param tablespace the tablespace's OID, unsigned
 * @param database the database's OID, unsigned; 0 for relations that all databases share
 * @param relation the relation's file number, unsigned
 * @param fork 0 main, 1 free space map, 2 visibility map, 3 init
 */
public record RelTag(int tablespace, int database, int relation, byte fork) {
  /** The fork with the rows. */
  public static final byte MAIN = 0;

  /** The free space map, most changes of which are not in the log. */
  public static final byte FREE_SPACE_MAP = 1;

  /** The visibility map. */
  public static final byte VISIBILITY_MAP = 2;

  /** {@return the fork of a page} */
  public static RelTag of(PageKey key) {
    return new RelTag(key.tablespace(), key.database(), key.relation(), key.fork());
  }

  /** {@return the page of a block} */
  public PageKey page(int block) {
    return new PageKey(tablespace, database, relation, fork, block);
  }

  /** {@return another fork of the same relation} */
  public RelTag fork(byte other) {
    return new RelTag(tablespace, database, relation, other);
  }

  @Override
  public String toString() {
    return Integer.toUnsignedString(tablespace)
        + "/" + Integer.toUnsignedString(database)
        + "/" + Integer.toUnsignedString(relation)
        + "." + fork;
  }
}
