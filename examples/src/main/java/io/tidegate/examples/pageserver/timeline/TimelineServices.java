// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.sync.Limiter;

/**
 * What all timelines of a process share.
 *
 * @param pages pages that were read
 * @param compactions how many compactions may run at a time
 * @param collections how many garbage collections may run at a time
 */
public record TimelineServices(PageCache pages, Limiter compactions, Limiter collections) {
  private static final int CACHED_PAGES = 8192;

  /** {@return the services of a process, as large as usual} */
  public static TimelineServices create() {
    int permits = Math.max(1, Runtime.getRuntime().availableProcessors() * 3 / 4);
    return new TimelineServices(
        PageCache.of(CACHED_PAGES), Limiter.of("compactions", permits), Limiter.of("garbage collections", permits));
  }
}
