// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;

/** There is no such page at the position, or it was not touched since the timeline began. */
public final class UnknownPageException extends ReadException {
  private static final long serialVersionUID = 1L;

  UnknownPageException(PageKey key, Lsn lsn, String why) {
    super("page " + key + " at " + lsn + ": " + why);
  }
}
