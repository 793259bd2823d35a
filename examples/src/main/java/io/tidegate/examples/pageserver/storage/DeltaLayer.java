// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A layer in a file.
 *
 * <p>The {@link LayerStore} opens and closes it. In memory it keeps the root of its index only; each lookup reads one
 * part of the index and the records that it returns. What is read is checked against its checksum first.
 *
 * <p><b>Threads:</b> all methods may be called by any thread, in any number at once, and block for the I/O. A lookup
 * after the store was closed fails with {@link java.nio.channels.ClosedChannelException}.
 */
public final class DeltaLayer implements Layer, Closeable {
  private final Path file;
  private final Disk.Input in;
  private final LayerHeader header;
  private final ByteBuffer root; // read by absolute position only

  private DeltaLayer(Path file, Disk.Input in) throws IOException {
    this.file = file;
    this.in = in;
    long size = in.size();
    this.header = LayerHeader.decode(bytes(0, LayerHeader.BYTES), file, size);
    header.checkFooter(bytes(size - LayerHeader.FOOTER_BYTES, LayerHeader.FOOTER_BYTES), file);
    this.root = sealed(header.rootOffset(), header.rootBytes(), "the index root");
  }

  /** {@return the layer in a file, whose header, footer and index root are sound} */
  static DeltaLayer open(Disk disk, Path file) throws IOException {
    Disk.Input in = disk.open(file);
    boolean opened = false;
    try {
      DeltaLayer layer = new DeltaLayer(file, in);
      opened = true;
      return layer;
    } finally {
      if (!opened) {
        in.close();
      }
    }
  }

  /** {@return the file} */
  public Path file() {
    return file;
  }

  /** {@return the file's length in bytes} */
  public long fileBytes() {
    return header.fileBytes();
  }

  @Override
  public Lsn startLsn() {
    return header.startLsn();
  }

  /** {@return the position at which the layer's part of the log ends and the next layer starts} */
  public Lsn endLsn() {
    return header.endLsn();
  }

  @Override
  public long recordCount() {
    return header.recordCount();
  }

  @Override
  public long byteCount() {
    return header.dataBytes();
  }

  @Override
  public List<LayerRecord> get(PageKey key, Lsn upTo) throws IOException {
    List<LayerRecord> found = new ArrayList<>();
    for (int leaf = firstLeaf(key); leaf < header.leafCount(); leaf++) {
      ByteBuffer entries = leaf(leaf);
      int count = header.leafEntries(leaf);
      for (int i = lowerBound(entries, count, key); i < count; i++) {
        IndexEntry entry = IndexEntry.decode(entries, i * IndexEntry.BYTES);
        if (entry.compareTo(key, upTo) > 0) {
          return found;
        }
        found.add(record(entry));
      }
    }
    return found;
  }

  @Override
  public void forEach(Visitor visitor) throws IOException {
    new RecordScan(file, in, header).run(visitor);
  }

  /**
   * Reads the whole file and checks it: every record and every part of the index.
   *
   * @throws CorruptLayerException if something is not as it was written
   * @throws IOException if the file cannot be read
   */
  public void verify() throws IOException {
    forEach((endLsn, bytes) -> {});
    IndexEntry last = null;
    for (int leaf = 0; leaf < header.leafCount(); leaf++) {
      ByteBuffer entries = leaf(leaf);
      for (int i = 0; i < header.leafEntries(leaf); i++) {
        IndexEntry next = IndexEntry.decode(entries, i * IndexEntry.BYTES);
        if (last != null && last.compareTo(next.key(), next.endLsn()) >= 0) {
          throw new CorruptLayerException(
              file, header.leafOffset(leaf), "an index entry after " + last, next.toString());
        }
        checkPlace(next);
        last = next;
      }
    }
  }

  /** Closes the file; what other threads read from it right now fails. */
  @Override
  public void close() throws IOException {
    in.close();
  }

  @Override
  public String toString() {
    return "layer " + startLsn() + " to " + endLsn() + ", " + recordCount() + " records, " + file;
  }

  /** {@return the last leaf that begins before the page's first record, or leaf 0} */
  private int firstLeaf(PageKey key) {
    int low = 0;
    int high = header.leafCount();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (IndexEntry.keyAt(root, middle * IndexEntry.PREFIX_BYTES).compareTo(key) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return Math.max(0, low - 1);
  }

  private static int lowerBound(ByteBuffer entries, int count, PageKey key) {
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (IndexEntry.keyAt(entries, middle * IndexEntry.BYTES).compareTo(key) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private ByteBuffer leaf(int index) throws IOException {
    long offset = header.leafOffset(index);
    int length = header.leafEntries(index) * IndexEntry.BYTES + LayerHeader.CHECKSUM_BYTES;
    ByteBuffer leaf = sealed(offset, length, "the index leaf");
    int inRoot = index * IndexEntry.PREFIX_BYTES;
    if (!leaf.slice(0, IndexEntry.PREFIX_BYTES).equals(root.slice(inRoot, IndexEntry.PREFIX_BYTES))) {
      throw new CorruptLayerException(
          file, offset, "the index leaf of " + IndexEntry.keyAt(root, inRoot), "" + IndexEntry.keyAt(leaf, 0));
    }
    return leaf;
  }

  private LayerRecord record(IndexEntry entry) throws IOException {
    checkPlace(entry);
    long offset = LayerHeader.BYTES + entry.position();
    ByteBuffer record = bytes(offset, RecordLog.HEADER_BYTES + entry.length());
    RecordScan.check(file, offset, record, entry.length());
    if (record.getLong(0) != entry.endLsn().value()) {
      throw new CorruptLayerException(file, offset, "" + entry, "a record of " + new Lsn(record.getLong(0)));
    }
    ByteBuffer body = record.slice(RecordLog.HEADER_BYTES, entry.length()).asReadOnlyBuffer();
    return new LayerRecord(entry.endLsn(), body);
  }

  private void checkPlace(IndexEntry entry) throws CorruptLayerException {
    long room = header.dataBytes() - RecordLog.HEADER_BYTES - entry.position();
    if (entry.position() < 0 || entry.length() < 0 || entry.length() > room
        || entry.length() > OpenLayer.MAX_RECORD_BYTES
        || !startLsn().isBefore(entry.endLsn()) || endLsn().isBefore(entry.endLsn())) {
      throw new CorruptLayerException(
          file, header.leafOffset(0), "an index entry that points into the layer", entry.toString());
    }
  }

  /** {@return bytes that end with their checksum} */
  private ByteBuffer sealed(long offset, int length, String what) throws IOException {
    ByteBuffer bytes = bytes(offset, length);
    int end = length - LayerHeader.CHECKSUM_BYTES;
    int expected = bytes.getInt(end);
    int found = Checksums.of(bytes, end);
    if (expected != found) {
      throw new CorruptLayerException(
          file, offset, what + " with checksum " + Checksums.text(expected), Checksums.text(found));
    }
    return bytes;
  }

  private ByteBuffer bytes(long offset, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    RecordScan.read(file, in, bytes, offset);
    return bytes;
  }
}
