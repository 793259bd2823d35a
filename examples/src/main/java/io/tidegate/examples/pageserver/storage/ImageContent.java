// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageEffect;
import io.tidegate.examples.pageserver.wal.PageKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;

/**
 * The content of an image layer.
 *
 * @param name the file's name
 * @param pages the pages, in their order
 */
record ImageContent(LayerName name, List<Page> pages) implements LayerContent {
  static final int PAGE_BYTES = 8192;

  /**
   * One page.
   *
   * @param key which one
   * @param lsn the end of the record that made it
   * @param bytes the page, from 0 on
   */
  record Page(PageKey key, Lsn lsn, ByteBuffer bytes) {}

  @Override
  public Instant lastCommit() {
    return Instant.EPOCH;
  }

  @Override
  public long recordCount() {
    return pages.size();
  }

  @Override
  public long dataBytes() {
    return (long) pages.size() * (RecordLog.HEADER_BYTES + PAGE_BYTES);
  }

  @Override
  public long entryCount() {
    return pages.size();
  }

  @Override
  public void writeData(Disk.Output out) throws IOException {
    RecordLog log = new RecordLog();
    for (Page page : pages) {
      log.append(page.lsn, page.bytes.duplicate());
      log.publish();
    }
    log.writeTo(out);
  }

  @Override
  public void writeEntries(EntrySink to) throws IOException {
    long position = 0;
    for (Page page : pages) {
      to.add(new IndexEntry(page.key, page.lsn, PageEffect.IMAGE, position, PAGE_BYTES));
      position += RecordLog.HEADER_BYTES + PAGE_BYTES;
    }
  }
}
