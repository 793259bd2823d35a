// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageEffect;
import io.tidegate.examples.pageserver.wal.PageKey;
import java.nio.ByteBuffer;

/**
 * One line of a layer file's index: a record that touches a page, or the page of an image layer.
 *
 * @param key the page
 * @param endLsn the position right after the record
 * @param effect what the record does with the page
 * @param position where the record's header begins, counted from the first record's
 * @param length the record's bytes without its header
 */
record IndexEntry(PageKey key, Lsn endLsn, PageEffect effect, long position, int length) {
  /** Key and end LSN: what the index is sorted by. */
  static final int PREFIX_BYTES = 25;
  static final int KEY_BYTES = 17;
  static final int BYTES = PREFIX_BYTES + 13;

  /** {@return the same entry of another file} */
  IndexEntry movedTo(long newPosition) {
    return new IndexEntry(key, endLsn, effect, newPosition, length);
  }

  void encode(ByteBuffer to) {
    encodePrefix(to);
    to.put((byte) effect.code()).putLong(position).putInt(length);
  }

  void encodePrefix(ByteBuffer to) {
    putKey(to, key);
    to.putLong(endLsn.value());
  }

  static void putKey(ByteBuffer to, PageKey key) {
    to.putInt(key.tablespace()).putInt(key.database()).putInt(key.relation()).put(key.fork()).putInt(key.block());
  }

  static IndexEntry decode(ByteBuffer from, int at) {
    PageEffect effect = PageEffect.of(from.get(at + PREFIX_BYTES));
    int position = at + PREFIX_BYTES + 1;
    return new IndexEntry(keyAt(from, at), lsnAt(from, at), effect, from.getLong(position), from.getInt(position + 8));
  }

  static PageKey keyAt(ByteBuffer from, int at) {
    return new PageKey(
        from.getInt(at), from.getInt(at + 4), from.getInt(at + 8), from.get(at + 12), from.getInt(at + 13));
  }

  static Lsn lsnAt(ByteBuffer from, int at) {
    return new Lsn(from.getLong(at + 17));
  }

  /** Compares by key and end LSN. */
  int compareTo(PageKey otherKey, Lsn otherLsn) {
    int byKey = key.compareTo(otherKey);
    return byKey != 0 ? byKey : endLsn.compareTo(otherLsn);
  }
}
