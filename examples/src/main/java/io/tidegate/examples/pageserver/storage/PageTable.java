// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.PageKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** A hash table from pages to their {@link Positions}, which one thread fills while others look. */
final class PageTable {
  /*
   * Open addressing with linear probing, at most half full; nothing is ever removed.
   *
   * I1  In each value of 'slots', a page is in the first slot from its hash on that was free when it was added. So a
   *     reader that comes to a free slot knows that no record below the log's length touches the page, as it read the
   *     length before.
   * I2  A slot is set once, with release, to an object that is complete; a reader takes it with acquire. (A larger
   *     table is filled before it is shown.)
   *
   * A hash of its own: that of the record puts neighbouring blocks of neighbouring relations into the same slots.
   */
  private volatile AtomicReferenceArray<@Nullable Positions> slots = new AtomicReferenceArray<>(64);
  private int count; // the writer only

  @Nullable Positions find(PageKey key) {
    AtomicReferenceArray<@Nullable Positions> from = slots;
    return from.getAcquire(slotOf(from, key));
  }

  /** {@return the page's positions, none yet if the page is new}; for the writer */
  Positions findOrAdd(PageKey key) {
    int slot = slotOf(slots, key);
    @Nullable Positions known = slots.getPlain(slot);
    if (known != null) {
      return known;
    }
    Positions added = new Positions(key);
    slots.setRelease(slot, added);
    if (++count > slots.length() / 2) {
      grow();
    }
    return added;
  }

  /** {@return all pages, in no order, in a list of the caller's own} */
  List<Positions> all() {
    List<Positions> all = new ArrayList<>();
    AtomicReferenceArray<@Nullable Positions> from = slots;
    for (int slot = 0; slot < from.length(); slot++) {
      @Nullable Positions positions = from.getAcquire(slot);
      if (positions != null) {
        all.add(positions);
      }
    }
    return all;
  }

  private void grow() {
    AtomicReferenceArray<@Nullable Positions> larger = new AtomicReferenceArray<>(slots.length() * 2);
    for (int slot = 0; slot < slots.length(); slot++) {
      @Nullable Positions positions = slots.getPlain(slot);
      if (positions != null) {
        larger.setPlain(slotOf(larger, positions.key()), positions);
      }
    }
    slots = larger;
  }

  /** {@return where the page is, or the free slot where it would be} */
  private static int slotOf(AtomicReferenceArray<@Nullable Positions> in, PageKey key) {
    int mask = in.length() - 1;
    int slot = hash(key) & mask;
    while (true) {
      @Nullable Positions there = in.getAcquire(slot);
      if (there == null || there.key().equals(key)) {
        return slot;
      }
      slot = (slot + 1) & mask;
    }
  }

  private static int hash(PageKey key) {
    int high = (key.tablespace() * 31 + key.database()) * 31 + key.fork();
    int hash = (key.block() * 0x9E3779B9 + key.relation()) * 0x85EBCA6B + high;
    hash = (hash ^ hash >>> 15) * 0xC2B2AE35;
    return hash ^ hash >>> 16;
  }
}
