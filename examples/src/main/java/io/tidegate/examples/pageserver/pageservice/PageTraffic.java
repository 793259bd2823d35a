// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import io.tidegate.examples.pageserver.pageservice.wire.PageRequest;
import io.tidegate.examples.pageserver.task.WorkCount;
import java.util.Map;
import java.util.function.IntSupplier;

/**
 * What a page service has answered.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
public final class PageTraffic {
  private final WorkCount exists = new WorkCount();
  private final WorkCount blocks = new WorkCount();
  private final WorkCount pages = new WorkCount();
  private final WorkCount databases = new WorkCount();
  private final IntSupplier sessions;

  /**
   * Begins at zero.
   *
   * @param sessions how many sessions there are
   */
  public PageTraffic(IntSupplier sessions) {
    this.sessions = sessions;
  }

  /** {@return the counts by the sort of request: {@code exists}, {@code nblocks}, {@code getpage}, {@code dbsize}} */
  public Map<String, WorkCount> requests() {
    return Map.of("exists", exists, "nblocks", blocks, "getpage", pages, "dbsize", databases);
  }

  /** {@return how many sessions there are} */
  public int sessions() {
    return sessions.getAsInt();
  }

  WorkCount of(PageRequest request) {
    return switch (request) {
      case PageRequest.Exists any -> exists;
      case PageRequest.Blocks any -> blocks;
      case PageRequest.Page any -> pages;
      case PageRequest.DatabaseSize any -> databases;
    };
  }
}
