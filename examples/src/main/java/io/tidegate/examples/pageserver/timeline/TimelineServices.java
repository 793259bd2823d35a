// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.examples.pageserver.task.Pools;
import io.tidegate.sync.Limiter;

/**
 * What all timelines of a process share.
 *
 * @param pages pages that were read
 * @param compactions how many compactions may run at a time
 * @param collections how many garbage collections may run at a time
 * @param openLayers how many bytes all open layers may hold
 * @param sizes how many logical sizes may be worked out at a time
 */
public record TimelineServices(
    PageCache pages, Limiter compactions, Limiter collections, OpenLayerLimit openLayers, Limiter sizes) {
  private static final int CACHED_PAGES = 8192;

  /** {@return the services of a process, as large as usual} */
  public static TimelineServices create() {
    return create(OpenLayerLimit.of(OpenLayerLimit.usual()));
  }

  /**
   * {@return the services of a process, otherwise as large as usual} Their maintenance leaves a thread of the pool for files
   * to reads and flushes.
   *
   * @param openLayers how many bytes all open layers may hold
   */
  public static TimelineServices create(OpenLayerLimit openLayers) {
    int compactions = Math.max(1, Pools.IO.stats().parallelism() - 2);
    return new TimelineServices(
        PageCache.of(CACHED_PAGES),
        Limiter.of("compactions", compactions),
        Limiter.of("garbage collections", 1),
        openLayers,
        Limiter.of("logical sizes", 1));
  }
}
