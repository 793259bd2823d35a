// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Which records of a {@link RecordLog} touch which page. */
final class PageIndex {
  private final RecordLog log;
  private final ConcurrentHashMap<PageKey, Positions> pages = new ConcurrentHashMap<>();

  PageIndex(RecordLog log) {
    this.log = log;
  }

  /** Adds a record under its pages; the log's only writer calls this before it publishes the record. */
  void add(List<PageKey> keys, long position) {
    for (int i = 0; i < keys.size(); i++) {
      PageKey key = keys.get(i);
      @Nullable Positions positions = pages.get(key);
      if (positions == null) {
        positions = new Positions();
        pages.put(key, positions);
      }
      positions.add(position);
    }
  }

  List<LayerRecord> get(PageKey key, Lsn upTo) {
    long limit = log.length();
    @Nullable Positions positions = pages.get(key);
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

  /** {@return the pages in order} */
  List<PageKey> keys() {
    List<PageKey> keys = new ArrayList<>(pages.keySet());
    keys.sort(null);
    return keys;
  }

  Positions positions(PageKey key) {
    return pages.getOrDefault(key, new Positions());
  }

  long entryCount() {
    return pages.values().stream().mapToLong(Positions::size).sum();
  }
}
