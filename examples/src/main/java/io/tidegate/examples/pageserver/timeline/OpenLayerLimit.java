// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How many bytes of records the open layers of all timelines may hold together. Where they hold more, the largest one is
 * frozen before its time, and flushed: so many timelines that each stay below their checkpoint distance do not fill the
 * memory.
 *
 * <p><b>Threads:</b> safe for use by any thread; nothing blocks for I/O.
 */
public final class OpenLayerLimit {
  private static final int PART_OF_THE_HEAP = 4;

  private final long bytes;
  private final AtomicLong held = new AtomicLong();
  private final Set<WritePath> paths = ConcurrentHashMap.newKeySet();
  /** Held by whoever freezes: others leave it to him. */
  private final ReentrantLock freezing = new ReentrantLock();

  private OpenLayerLimit(long bytes) {
    this.bytes = bytes;
  }

  /**
   * {@return a limit}
   *
   * @param bytes how many bytes; 0 for no limit
   * @throws IllegalArgumentException if it is negative
   */
  public static OpenLayerLimit of(long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("the limit of all open layers is not negative: " + bytes);
    }
    return new OpenLayerLimit(bytes);
  }

  /** {@return the usual limit in bytes: a quarter of the largest heap} */
  public static long usual() {
    return Runtime.getRuntime().maxMemory() / PART_OF_THE_HEAP;
  }

  /** {@return how many bytes of records all open layers hold now} */
  public long held() {
    return held.get();
  }

  void add(WritePath path) {
    paths.add(path);
  }

  /** Takes out a path, with the bytes of its open layer. */
  void remove(WritePath path, long openBytes) {
    shrunk(path, openBytes);
    paths.remove(path);
  }

  /** Takes note of bytes that came to an open layer. */
  void grown(long by) {
    held.addAndGet(by);
  }

  /** Takes note of bytes that are in the open layer of a path no longer. What was taken out does not count any more. */
  void shrunk(WritePath path, long by) {
    if (paths.contains(path)) {
      held.addAndGet(-by);
    }
  }

  /**
   * Freezes the largest layers until all hold no more than the limit. Returns at once where another thread does so already,
   * which then sees what this one has added.
   */
  void enforce() {
    while (isExceeded() && freezing.tryLock()) {
      try {
        freezeLargest();
      } finally {
        freezing.unlock();
      }
    }
  }

  private boolean isExceeded() {
    return bytes > 0 && held.get() > bytes;
  }

  private void freezeLargest() {
    while (isExceeded()) {
      Optional<WritePath> largest = paths.stream().max(Comparator.comparingLong(WritePath::openBytes));
      largest.ifPresent(WritePath::freezeEarly);
    }
  }

  @Override
  public String toString() {
    return "the limit of " + bytes + " bytes";
  }
}
