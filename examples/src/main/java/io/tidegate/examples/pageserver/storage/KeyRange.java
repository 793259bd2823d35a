// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.PageKey;
import io.tidegate.examples.pageserver.wal.RelTag;

/**
 * Pages that lie together in their order.
 *
 * @param first the first one
 * @param last the last one, which belongs to the range too
 */
public record KeyRange(PageKey first, PageKey last) {
  /** All pages. */
  public static final KeyRange ALL =
      new KeyRange(new PageKey(0, 0, 0, Byte.MIN_VALUE, 0), new PageKey(-1, -1, -1, Byte.MAX_VALUE, -1));

  /** Checks the order. */
  public KeyRange {
    if (last.compareTo(first) < 0) {
      throw new IllegalArgumentException("from " + first + " to " + last);
    }
  }

  /** {@return the pages of one fork of a relation} */
  public static KeyRange of(RelTag relation) {
    return new KeyRange(relation.page(0), relation.page(-1));
  }

  /** {@return the pages of all relations of a database in a tablespace, and all marks} */
  public static KeyRange ofDatabase(int tablespace, int database) {
    return new KeyRange(
        new PageKey(tablespace, database, 0, Byte.MIN_VALUE, 0),
        new PageKey(tablespace, database, -1, Byte.MAX_VALUE, -1));
  }

  /** {@return whether a page lies in this range} */
  public boolean contains(PageKey key) {
    return first.compareTo(key) <= 0 && key.compareTo(last) <= 0;
  }

  /** {@return whether a page lies in both} */
  public boolean overlaps(KeyRange other) {
    return first.compareTo(other.last) <= 0 && other.first.compareTo(last) <= 0;
  }

  @Override
  public String toString() {
    return equals(ALL) ? "all pages" : first + " to " + last;
  }
}
