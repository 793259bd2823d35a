// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import java.io.IOException;
import java.time.Instant;

/** What a layer file is written from. */
interface LayerContent {
  /** Takes entries. */
  @FunctionalInterface
  interface EntrySink {
    void add(IndexEntry entry) throws IOException;
  }

  /** {@return the name: it tells the level, the pages and the part of the log} */
  LayerName name();

  /** {@return the time of the last commit in the layer; the epoch if there is none} */
  Instant lastCommit();

  long recordCount();

  /** {@return the length of the records with their headers} */
  long dataBytes();

  long entryCount();

  /** Writes the records with their headers. */
  void writeData(Disk.Output out) throws IOException;

  /** Hands over all entries of the index by page and end LSN, with positions in what {@link #writeData} wrote. */
  void writeEntries(EntrySink to) throws IOException;
}
