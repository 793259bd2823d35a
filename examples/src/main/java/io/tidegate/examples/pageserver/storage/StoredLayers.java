// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import java.util.List;

/**
 * What compaction and garbage collection have made of a timeline's layers.
 *
 * @param compactedLsn up to where files of level 0 were merged into others; those that end there or before do not count
 * @param gcCutoffLsn from where on reads are answered
 * @param names the names of the files of level 1 and of the image layers; others do not count
 */
public record StoredLayers(Lsn compactedLsn, Lsn gcCutoffLsn, List<String> names) {
  /** Copies the names. */
  public StoredLayers {
    names = List.copyOf(names);
  }

  /** {@return what a new timeline has} */
  static StoredLayers none(Lsn startLsn) {
    return new StoredLayers(startLsn, startLsn, List.of());
  }
}
