// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A run of WAL records without gaps, found by the pages that they touch.
 *
 * <p><b>Threads:</b> all methods of this interface may be called by any thread, in any number at once.
 */
public sealed interface Layer permits OpenLayer, FrozenLayer, DeltaLayer {
  /** Sees the records of a layer, one after the other. */
  @FunctionalInterface
  interface Visitor {
    /**
     * Sees one record.
     *
     * @param endLsn the position right after the record
     * @param bytes the record, read-only, valid during this call only
     */
    void visit(Lsn endLsn, ByteBuffer bytes);
  }

  /** {@return the position at which the layer's part of the log begins} */
  Lsn startLsn();

  /** {@return the number of records, with those that touch no page} */
  long recordCount();

  /** {@return how many bytes the layer's records take, with their headers and without the index} */
  long byteCount();

  /**
   * {@return the records of this layer that touch a page, oldest first}
   *
   * @param key the page
   * @param upTo the highest end of a record to include
   * @throws CorruptLayerException if a file does not hold what was written
   * @throws IOException if a file cannot be read
   */
  List<LayerRecord> get(PageKey key, Lsn upTo) throws IOException;

  /**
   * Shows all records, with those that touch no page, in the order of the log.
   *
   * @param visitor called on this thread
   * @throws CorruptLayerException if a file does not hold what was written
   * @throws IOException if a file cannot be read
   */
  void forEach(Visitor visitor) throws IOException;
}
