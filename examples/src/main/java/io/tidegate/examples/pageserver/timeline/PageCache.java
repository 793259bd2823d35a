// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The pages that were read last from files, of all timelines.
 *
 * <p><b>Threads:</b> safe for use by any thread; nothing blocks.
 */
public final class PageCache {
  private final Cache<Place, Entry> pages;

  /** A page of a timeline; the object stands for one run of it, whose log only grows. */
  private record Place(Object timeline, PageKey key) {}

  /** A page that is the newest version at all positions from its own to the one that it was read at. */
  private record Entry(Lsn version, Lsn readAt, ByteBuffer page) {
    boolean holdsAt(Lsn lsn) {
      return !lsn.isBefore(version) && !readAt.isBefore(lsn);
    }
  }

  private PageCache(Cache<Place, Entry> pages) {
    this.pages = pages;
  }

  /**
   * {@return an empty cache}
   *
   * @param pages how many pages it keeps, 8 KiB each
   */
  public static PageCache of(int pages) {
    return new PageCache(Caffeine.newBuilder().maximumSize(pages).executor(Runnable::run).build());
  }

  @Nullable ByteBuffer find(Object timeline, PageKey key, Lsn lsn) {
    Entry entry = pages.getIfPresent(new Place(timeline, key));
    return entry != null && entry.holdsAt(lsn) ? entry.page.duplicate() : null;
  }

  void put(Object timeline, PageKey key, Lsn version, Lsn readAt, ByteBuffer page) {
    pages.put(new Place(timeline, key), new Entry(version, readAt, page.asReadOnlyBuffer()));
  }

  /** Forgets the pages of a timeline that has ended. */
  void forget(Object timeline) {
    pages.asMap().keySet().removeIf(place -> place.timeline == timeline);
  }

  /** {@return how many pages there are} */
  public long size() {
    pages.cleanUp();
    return pages.estimatedSize();
  }
}
