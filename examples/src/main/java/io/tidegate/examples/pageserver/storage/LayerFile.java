// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A layer in a file.
 *
 * <p>In memory it keeps the root of its index only; each lookup opens the file, and reads one part of the index and the
 * records that it returns. What is read is checked against its checksum first.
 *
 * <p>The {@link LayerStore} ends it, by {@link #close}, or by {@link #remove} which takes the file away too as soon as
 * nobody reads from it.
 *
 * <p><b>Threads:</b> all methods may be called by any thread, in any number at once, and block for the I/O. A lookup
 * after the end fails with {@link ClosedChannelException}.
 */
public final class LayerFile implements Layer, Closeable {
  private static final Logger log = LoggerFactory.getLogger(LayerFile.class);

  private final Disk disk;
  private final Path file;
  private final LayerHeader header;
  private final ByteBuffer root; // read by absolute position only
  /** The readers, and 1 for the store while it has the layer. At 0 nobody gets in any more. */
  private final AtomicInteger users = new AtomicInteger(1);
  private final AtomicBoolean ended = new AtomicBoolean();
  /** Whether the last user takes the file away. Written by whoever ends the layer, before it leaves. */
  private volatile boolean removed;

  private LayerFile(Disk disk, Path file, Disk.Input in) throws IOException {
    this.disk = disk;
    this.file = file;
    long size = in.size();
    this.header = LayerHeader.decode(bytes(in, 0, LayerHeader.BYTES), file, size);
    header.checkFooter(bytes(in, size - LayerHeader.FOOTER_BYTES, LayerHeader.FOOTER_BYTES), file);
    this.root = sealed(in, header.rootOffset(), header.rootBytes(), "the index root");
  }

  /** {@return the layer in a file, whose header, footer and index root are sound} */
  static LayerFile open(Disk disk, Path file) throws IOException {
    try (Disk.Input in = disk.open(file)) {
      return new LayerFile(disk, file, in);
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

  /** {@return what the file holds} */
  public LayerLevel level() {
    return header.name().level();
  }

  /** {@return the pages that it may hold something of} */
  public KeyRange range() {
    return header.name().range();
  }

  /** {@return the time of the last commit in the layer; the epoch if there is none} */
  public Instant lastCommit() {
    return header.lastCommit();
  }

  LayerName name() {
    return header.name();
  }

  @Override
  public Lsn startLsn() {
    return header.name().startLsn();
  }

  /** {@return the position at which the layer's part of the log ends and the next layer starts} */
  public Lsn endLsn() {
    return header.name().endLsn();
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
  public List<PageVersion> versions(PageKey key, Lsn upTo) throws IOException {
    List<PageVersion> found = new ArrayList<>();
    if (!range().contains(key)) {
      return found;
    }
    using(in -> {
      walk(in, key, entry -> {
        boolean belongs = entry.compareTo(key, upTo) <= 0;
        if (belongs) {
          found.add(version(entry));
        }
        return belongs;
      });
      return found;
    });
    return found;
  }

  @Override
  public void scan(KeyRange range, Entries visitor) throws IOException {
    if (!range.overlaps(range())) {
      return;
    }
    using(in -> {
      walk(in, range.first(), entry -> {
        boolean belongs = entry.key().compareTo(range.last()) <= 0;
        if (belongs) {
          visitor.visit(entry.key(), version(entry));
        }
        return belongs;
      });
      return true;
    });
  }

  /** {@return the index of the pages of a range, in its order} */
  List<IndexEntry> entries(KeyRange range) throws IOException {
    List<IndexEntry> found = new ArrayList<>();
    return using(in -> {
      walk(in, range.first(), entry -> {
        boolean belongs = entry.key().compareTo(range.last()) <= 0;
        if (belongs) {
          found.add(entry);
        }
        return belongs;
      });
      return found;
    });
  }

  /** Copies records with their headers. */
  void copy(List<IndexEntry> records, Disk.Output out) throws IOException {
    using(in -> {
      for (IndexEntry each : records) {
        ByteBuffer record = recordWithHeader(in, each);
        out.write(record);
      }
      return true;
    });
  }

  @Override
  public void forEach(Visitor visitor) throws IOException {
    using(in -> {
      new RecordScan(file, in, header).run(visitor);
      return true;
    });
  }

  /**
   * Reads the whole file and checks it: every record and every part of the index.
   *
   * @throws CorruptLayerException if something is not as it was written
   * @throws IOException if the file cannot be read
   */
  public void verify() throws IOException {
    forEach((endLsn, bytes) -> {});
    using(in -> {
      @Nullable IndexEntry last = null;
      for (int leaf = 0; leaf < header.leafCount(); leaf++) {
        ByteBuffer entries = leaf(in, leaf);
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
      return true;
    });
  }

  /** Lets nobody read any more; those who read now come to their end. */
  @Override
  public void close() throws IOException {
    if (ended.compareAndSet(false, true)) {
      leave();
    }
  }

  /** Lets nobody read any more; the file is taken away when those who read now have come to their end. */
  void remove() {
    removed = true;
    try {
      close();
    } catch (IOException kept) {
      log.warn("could not remove {}; the next start does", file, kept);
    }
  }

  @Override
  public String toString() {
    return level() + " layer " + startLsn() + " to " + endLsn() + ", " + recordCount() + " records, " + file;
  }

  /** Something done with the open file. */
  private interface Use<T> {
    T with(Disk.Input in) throws IOException;
  }

  private <T> T using(Use<T> use) throws IOException {
    enter();
    try (Disk.Input in = disk.open(file)) {
      return use.with(in);
    } finally {
      leave();
    }
  }

  private void enter() throws ClosedChannelException {
    int count = users.get();
    while (count > 0 && !ended.get()) {
      if (users.compareAndSet(count, count + 1)) {
        return;
      }
      count = users.get();
    }
    throw new ClosedChannelException();
  }

  private void leave() throws IOException {
    if (users.decrementAndGet() == 0 && removed) {
      disk.delete(file);
    }
  }

  /** Takes entries until it says that it has enough. */
  private interface Walker {
    boolean visit(IndexEntry entry) throws IOException;
  }

  /** Shows the entries from a page on. */
  private void walk(Disk.Input in, PageKey from, Walker walker) throws IOException {
    for (int leaf = firstLeaf(from); leaf < header.leafCount(); leaf++) {
      ByteBuffer entries = leaf(in, leaf);
      int count = header.leafEntries(leaf);
      for (int i = lowerBound(entries, count, from); i < count; i++) {
        if (!walker.visit(IndexEntry.decode(entries, i * IndexEntry.BYTES))) {
          return;
        }
      }
    }
  }

  private PageVersion version(IndexEntry entry) {
    return new PageVersion(
        entry.endLsn(), entry.effect(), level() == LayerLevel.IMAGE, () -> using(in -> record(in, entry)));
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

  private ByteBuffer leaf(Disk.Input in, int index) throws IOException {
    long offset = header.leafOffset(index);
    int length = header.leafEntries(index) * IndexEntry.BYTES + LayerHeader.CHECKSUM_BYTES;
    ByteBuffer leaf = sealed(in, offset, length, "the index leaf");
    int inRoot = index * IndexEntry.PREFIX_BYTES;
    if (!leaf.slice(0, IndexEntry.PREFIX_BYTES).equals(root.slice(inRoot, IndexEntry.PREFIX_BYTES))) {
      throw new CorruptLayerException(
          file, offset, "the index leaf of " + IndexEntry.keyAt(root, inRoot), "" + IndexEntry.keyAt(leaf, 0));
    }
    return leaf;
  }

  private ByteBuffer record(Disk.Input in, IndexEntry entry) throws IOException {
    return recordWithHeader(in, entry).slice(RecordLog.HEADER_BYTES, entry.length()).asReadOnlyBuffer();
  }

  private ByteBuffer recordWithHeader(Disk.Input in, IndexEntry entry) throws IOException {
    checkPlace(entry);
    long offset = LayerHeader.BYTES + entry.position();
    ByteBuffer record = bytes(in, offset, RecordLog.HEADER_BYTES + entry.length());
    RecordScan.check(file, offset, record, entry.length());
    if (record.getLong(0) != entry.endLsn().value()) {
      throw new CorruptLayerException(file, offset, "" + entry, "a record of " + new Lsn(record.getLong(0)));
    }
    return record.clear();
  }

  private void checkPlace(IndexEntry entry) throws CorruptLayerException {
    long room = header.dataBytes() - RecordLog.HEADER_BYTES - entry.position();
    if (entry.position() < 0 || entry.length() < 0 || entry.length() > room
        || entry.length() > OpenLayer.MAX_RECORD_BYTES
        || !isIn(entry.endLsn()) || endLsn().isBefore(entry.endLsn())) {
      throw new CorruptLayerException(
          file, header.leafOffset(0), "an index entry that points into the layer", entry.toString());
    }
  }

  private boolean isIn(Lsn lsn) {
    return level() == LayerLevel.IMAGE ? !lsn.isBefore(startLsn()) : startLsn().isBefore(lsn);
  }

  /** {@return bytes that end with their checksum} */
  private ByteBuffer sealed(Disk.Input in, long offset, int length, String what) throws IOException {
    ByteBuffer bytes = bytes(in, offset, length);
    int end = length - LayerHeader.CHECKSUM_BYTES;
    int expected = bytes.getInt(end);
    int found = Checksums.of(bytes, end);
    if (expected != found) {
      throw new CorruptLayerException(
          file, offset, what + " with checksum " + Checksums.text(expected), Checksums.text(found));
    }
    return bytes;
  }

  private ByteBuffer bytes(Disk.Input in, long offset, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    RecordScan.read(file, in, bytes, offset);
    return bytes;
  }
}
