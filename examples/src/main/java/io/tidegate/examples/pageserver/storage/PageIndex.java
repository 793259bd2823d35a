// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which records of a {@link RecordLog} touch which page. */
final class PageIndex {
  private final RecordLog log;
  private final PageTable pages = new PageTable();

  PageIndex(RecordLog log) {
    this.log = log;
  }

  /** Adds a record under its pages; the log's only writer calls this before it publishes the record. */
  void add(List<PageKey> keys, long position) {
    for (int i = 0; i < keys.size(); i++) {
      pages.findOrAdd(keys.get(i)).add(position);
    }
  }

  List<LayerRecord> get(PageKey key, Lsn upTo) {
    long limit = log.length();
    @Nullable Positions positions = pages.find(key);
    if (positions == null) {
      return List.of();
    }
    List<LayerRecord> found = new ArrayList<>();
    int size = positions.size();
    for (int i = 0; i < size && positions.at(i) < limit; i++) {
      LayerRecord next = log.recordAt(positions.at(i));
      if (upTo.isBefore(next.endLsn())) {
        break;
      }
      found.add(next);
    }
    return found;
  }

  /** {@return all pages with their positions, in the order of the pages} */
  List<Positions> sorted() {
    return pages.sorted();
  }
}
