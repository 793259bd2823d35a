// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import io.tidegate.examples.pageserver.wal.PageTouch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
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
  void add(List<PageTouch> touches, long position) {
    for (int i = 0; i < touches.size(); i++) {
      PageTouch touch = touches.get(i);
      pages.findOrAdd(touch.key()).add(position, touch.effect());
    }
  }

  List<PageVersion> versions(PageKey key, Lsn upTo) {
    long limit = log.length();
    @Nullable Positions positions = pages.find(key);
    if (positions == null) {
      return List.of();
    }
    List<PageVersion> found = new ArrayList<>();
    int size = positions.size();
    for (int i = 0; i < size && positions.at(i) < limit; i++) {
      PageVersion next = version(positions, i);
      if (upTo.isBefore(next.endLsn())) {
        break;
      }
      found.add(next);
    }
    return found;
  }

  void scan(KeyRange range, Layer.Entries visitor) throws IOException {
    long limit = log.length();
    for (Positions positions : pages.all()) {
      if (range.contains(positions.key())) {
        int size = positions.size();
        for (int i = 0; i < size && positions.at(i) < limit; i++) {
          visitor.visit(positions.key(), version(positions, i));
        }
      }
    }
  }

  /** {@return all pages with their positions, in the order of the pages} */
  List<Positions> sorted() {
    List<Positions> all = pages.all();
    all.sort(Comparator.comparing(Positions::key));
    return all;
  }

  private PageVersion version(Positions positions, int index) {
    long position = positions.at(index);
    return new PageVersion(
        log.lsnAt(position), positions.effectAt(index), false, () -> log.recordAt(position).bytes());
  }
}
