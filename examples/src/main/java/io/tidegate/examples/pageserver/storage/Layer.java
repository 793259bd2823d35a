// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Versions of pages, found by page and position.
 *
 * <p>A layer in memory, or in a file of level 0, is a run of WAL records without gaps. A file of level 1 has, of such a
 * run, the records that touch pages of its range. An image layer has pages.
 *
 * <p><b>Threads:</b> all methods of this interface may be called by any thread, in any number at once.
 */
public sealed interface Layer permits OpenLayer, FrozenLayer, LayerFile {
  /** Sees the records of a layer, one after the other. */
  @FunctionalInterface
  interface Visitor {
    /**
     * Sees one record.
     *
     * @param endLsn the position right after the record
     * @param bytes the record, or the page of an image layer, read-only, valid during this call only
     * @throws IOException to end the walk
     */
    void visit(Lsn endLsn, ByteBuffer bytes) throws IOException;
  }

  /** Sees what a layer knows of pages. */
  @FunctionalInterface
  interface Entries {
    /**
     * Sees one version of a page.
     *
     * @param key the page
     * @param version the version
     * @throws IOException to end the walk
     */
    void visit(PageKey key, PageVersion version) throws IOException;
  }

  /** {@return the position at which the layer's part of the log begins} */
  Lsn startLsn();

  /** {@return the number of records, with those that touch no page} */
  long recordCount();

  /** {@return how many bytes the layer's records take, with their headers and without the index} */
  long byteCount();

  /**
   * {@return the records of this layer that touch a page, or the page of an image layer, oldest first}
   *
   * @param key the page
   * @param upTo the highest end of a record to include
   * @throws CorruptLayerException if a file does not hold what was written
   * @throws IOException if a file cannot be read
   */
  default List<LayerRecord> get(PageKey key, Lsn upTo) throws IOException {
    List<LayerRecord> found = new ArrayList<>();
    for (PageVersion version : versions(key, upTo)) {
      found.add(new LayerRecord(version.endLsn(), version.read()));
    }
    return found;
  }

  /**
   * {@return the versions of a page that this layer has, oldest first; their content is not read yet}
   *
   * @param key the page
   * @param upTo the highest end of a record to include
   * @throws CorruptLayerException if a file does not hold what was written
   * @throws IOException if a file cannot be read
   */
  List<PageVersion> versions(PageKey key, Lsn upTo) throws IOException;

  /**
   * Shows all versions of the pages of a range: those of one page from the oldest on, and the pages of a file in their
   * order.
   *
   * @param range the pages
   * @param visitor called on this thread
   * @throws CorruptLayerException if a file does not hold what was written
   * @throws IOException if a file cannot be read, or the visitor says so
   */
  void scan(KeyRange range, Entries visitor) throws IOException;

  /**
   * Shows all records, with those that touch no page, in the order of the log; the pages of an image layer in their
   * order.
   *
   * @param visitor called on this thread
   * @throws CorruptLayerException if a file does not hold what was written
   * @throws IOException if a file cannot be read, or the visitor says so
   */
  void forEach(Visitor visitor) throws IOException;
}
