// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import java.util.List;

/**
 * A layer in memory that takes no more records and waits to be written to a file.
 *
 * <p><b>Threads:</b> immutable; its methods may be called by any thread and never block.
 */
public final class FrozenLayer implements Layer {
  private final Lsn startLsn;
  private final Lsn endLsn;
  private final RecordLog log;
  private final PageIndex index;

  FrozenLayer(Lsn startLsn, Lsn endLsn, RecordLog log, PageIndex index) {
    this.startLsn = startLsn;
    this.endLsn = endLsn;
    this.log = log;
    this.index = index;
  }

  @Override
  public Lsn startLsn() {
    return startLsn;
  }

  /** {@return the position at which the layer's part of the log ends and the next layer starts} */
  public Lsn endLsn() {
    return endLsn;
  }

  @Override
  public long recordCount() {
    return log.recordCount();
  }

  @Override
  public long byteCount() {
    return log.length();
  }

  @Override
  public List<LayerRecord> get(PageKey key, Lsn upTo) {
    return index.get(key, upTo);
  }

  @Override
  public void forEach(Visitor visitor) {
    log.forEach(log.length(), visitor);
  }

  @Override
  public String toString() {
    return "frozen layer " + startLsn + " to " + endLsn + ", " + recordCount() + " records, " + byteCount() + " bytes";
  }

  RecordLog log() {
    return log;
  }

  PageIndex index() {
    return index;
  }
}
