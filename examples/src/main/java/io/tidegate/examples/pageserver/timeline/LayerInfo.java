// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.examples.pageserver.storage.FrozenLayer;
import io.tidegate.examples.pageserver.storage.KeyRange;
import io.tidegate.examples.pageserver.storage.LayerFile;
import io.tidegate.examples.pageserver.storage.OpenLayer;
import io.tidegate.examples.pageserver.wal.Lsn;

/**
 * One layer of a timeline.
 *
 * @param kind what it is: {@code OPEN} or {@code FROZEN} in memory, {@code L0}, {@code L1} or {@code IMAGE} in a file
 * @param range the pages that it may have something of
 * @param startLsn where its part of the log begins
 * @param endLsn where it ends
 * @param bytes its records in memory, or its file
 */
public record LayerInfo(String kind, KeyRange range, Lsn startLsn, Lsn endLsn, long bytes) {
  static LayerInfo of(OpenLayer layer) {
    return new LayerInfo("OPEN", KeyRange.ALL, layer.startLsn(), layer.lastRecordLsn(), layer.byteCount());
  }

  static LayerInfo of(FrozenLayer layer) {
    return new LayerInfo("FROZEN", KeyRange.ALL, layer.startLsn(), layer.endLsn(), layer.byteCount());
  }

  static LayerInfo of(LayerFile layer) {
    return new LayerInfo(layer.level().name(), layer.range(), layer.startLsn(), layer.endLsn(), layer.fileBytes());
  }
}
