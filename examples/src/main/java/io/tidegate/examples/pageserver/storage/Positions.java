// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import static java.lang.invoke.ConstantBootstraps.fieldVarHandle;
import static java.lang.invoke.MethodHandles.lookup;

import io.tidegate.examples.pageserver.wal.PageEffect;
import io.tidegate.examples.pageserver.wal.PageKey;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/** Where the records that touch one page are in a {@link RecordLog}, ascending, and what they do with the page. */
final class Positions {
  /*
   * One thread adds, others read. Readers take 'size' first, with acquire, and 'values' then; the writer writes
   * 'values' first and 'size' then, with release. So the array that a reader sees has at least 'size' positions, which
   * never change.
   */
  private static final VarHandle SIZE = fieldVarHandle(lookup(), "size", VarHandle.class, Positions.class, int.class);

  /* A value is the position, shifted, and the number of the effect. */
  private static final int SHIFT = 2;

  private final PageKey key;
  private volatile long[] values = new long[2]; // written by the writer

  @SuppressWarnings("unused") // through SIZE
  private int size; // written by the writer

  Positions(PageKey key) {
    this.key = key;
  }

  PageKey key() {
    return key;
  }

  /** Adds a position; adding the last one once more has no effect. */
  void add(long position, PageEffect effect) {
    int count = size;
    long[] room = values;
    if (count > 0 && room[count - 1] >>> SHIFT == position) {
      return;
    }
    if (count == room.length) {
      room = Arrays.copyOf(room, count * 2);
      values = room;
    }
    room[count] = (position << SHIFT) | effect.code();
    SIZE.setRelease(this, count + 1);
  }

  int size() {
    return (int) SIZE.getAcquire(this);
  }

  /** {@return the position at an index below a size that this thread has read} */
  long at(int index) {
    return values[index] >>> SHIFT;
  }

  /** {@return what the record there does with the page} */
  PageEffect effectAt(int index) {
    return PageEffect.of((int) values[index] & ((1 << SHIFT) - 1));
  }
}
