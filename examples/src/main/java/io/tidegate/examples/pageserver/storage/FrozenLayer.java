// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import java.io.IOException;
import java.time.Instant;
import java.util.List;

/**
 * A layer in memory that takes no more records and waits to be written to a file.
 *
 * <p><b>Threads:</b> immutable; its methods may be called by any thread and never block.
 */
public final class FrozenLayer implements Layer {
  private final Lsn startLsn;
  private final Lsn endLsn;
  private final Instant lastCommit;
  private final RecordLog log;
  private final PageIndex index;

  FrozenLayer(Lsn startLsn, Lsn endLsn, Instant lastCommit, RecordLog log, PageIndex index) {
    this.startLsn = startLsn;
    this.endLsn = endLsn;
    this.lastCommit = lastCommit;
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
  public List<PageVersion> versions(PageKey key, Lsn upTo) {
    return index.versions(key, upTo);
  }

  @Override
  public void scan(KeyRange range, Entries visitor) throws IOException {
    index.scan(range, visitor);
  }

  @Override
  public void forEach(Visitor visitor) throws IOException {
    log.forEach(log.length(), visitor);
  }

  @Override
  public String toString() {
    return "frozen layer " + startLsn + " to " + endLsn + ", " + recordCount() + " records, " + byteCount() + " bytes";
  }

  /** {@return what a file of this layer has} */
  LayerContent content() {
    return new Content(index.sorted());
  }

  /** The layer as a file of level 0. */
  private final class Content implements LayerContent {
    private final List<Positions> pages;

    Content(List<Positions> pages) {
      this.pages = pages;
    }

    @Override
    public LayerName name() {
      return LayerName.level0(startLsn, endLsn);
    }

    @Override
    public Instant lastCommit() {
      return lastCommit;
    }

    @Override
    public long recordCount() {
      return log.recordCount();
    }

    @Override
    public long dataBytes() {
      return log.length();
    }

    @Override
    public long entryCount() {
      return pages.stream().mapToLong(Positions::size).sum();
    }

    @Override
    public void writeData(Disk.Output out) throws IOException {
      log.writeTo(out);
    }

    @Override
    public void writeEntries(EntrySink to) throws IOException {
      for (Positions positions : pages) {
        int size = positions.size();
        for (int i = 0; i < size; i++) {
          long at = positions.at(i);
          to.add(new IndexEntry(positions.key(), log.lsnAt(at), positions.effectAt(i), at, log.lengthAt(at)));
        }
      }
    }
  }
}
