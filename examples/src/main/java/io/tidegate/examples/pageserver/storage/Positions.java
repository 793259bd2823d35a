// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import java.util.Arrays;

/** Where the records that touch one page are in a {@link RecordLog}, ascending. */
final class Positions {
  /*
   * One thread adds, others read. Readers take 'size' first and 'values' then; the writer writes 'values' first. So the
   * array that a reader sees has at least 'size' positions, which never change.
   */
  private volatile long[] values = new long[2]; // written by the writer
  private volatile int size; // written by the writer

  /** Adds a position; adding the last one once more has no effect. */
  void add(long position) {
    int count = size;
    long[] room = values;
    if (count > 0 && room[count - 1] == position) {
      return;
    }
    if (count == room.length) {
      room = Arrays.copyOf(room, count * 2);
      values = room;
    }
    room[count] = position;
    size = count + 1;
  }

  int size() {
    return size;
  }

  /** {@return the position at an index below a size that this thread has read} */
  long at(int index) {
    return values[index];
  }
}
