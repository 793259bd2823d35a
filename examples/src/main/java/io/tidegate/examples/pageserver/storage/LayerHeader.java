// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/**
 * The beginning of a layer file: what is in it, from which the place of everything else follows.
 *
 * @param name the file's name
 * @param lastCommit the time of the last commit in the layer; the epoch if there is none
 * @param recordCount how many records there are, or pages of an image layer
 * @param entryCount how many index entries there are: one for each page that a record touches
 * @param dataBytes the length of the records with their headers
 */
record LayerHeader(LayerName name, Instant lastCommit, long recordCount, long entryCount, long dataBytes) {
  /*
   * A layer file, all numbers big-endian, all checksums CRC-32C:
   *
   *   header   114 bytes             magic 8, version 4, header length 4, start LSN 8, end LSN 8, records 8,
   *                                  index entries 8, data bytes 8, entries in a leaf 4, level 4, time of the last
   *                                  commit in microseconds since 1970 8, first page 17, last page 17, the name's
   *                                  number 4, checksum of all these 4
   *   data     dataBytes             the records in the order of the log, or pages in their order: end LSN 8, length 4,
   *                                  checksum of the end LSN, the length and the record 4, record
   *   leaves   entryCount x 38 + 4   index entries sorted by (key, end LSN), 256 in each leaf but the last:
   *            for each leaf         tablespace 4, database 4, relation 4, fork 1, block 4, end LSN 8, effect 1, place
   *                                  in data 8, length 4; after each leaf its checksum
   *   root     leaves x 25 + 4       key and end LSN of the first entry of each leaf, then a checksum
   *   footer   24 bytes              file length 8, magic 8, the header's checksum 4, checksum of all these 4
   *
   * A reader keeps the root in memory and nothing else: about 100 bytes for 1,000 entries.
   */
  static final int BYTES = 114;
  static final int FOOTER_BYTES = 24;
  static final int LEAF_ENTRIES = 256;
  static final int CHECKSUM_BYTES = 4;
  static final int LEAF_BYTES = LEAF_ENTRIES * IndexEntry.BYTES + CHECKSUM_BYTES;
  private static final long MAGIC = 0x5449444C30_0D0A1AL; // "TIDL0", then what text-mode copies change
  private static final int LEVEL = 60;
  private static final int LAST_COMMIT = 64;
  private static final int FIRST_KEY = 72;
  private static final int NUMBER = FIRST_KEY + 2 * IndexEntry.KEY_BYTES;
  private static final List<LayerLevel> LEVELS = List.of(LayerLevel.values());
  private static final int VERSION = 2;

  static LayerHeader of(LayerContent content) {
    return new LayerHeader(
        content.name(), content.lastCommit(), content.recordCount(), content.entryCount(), content.dataBytes());
  }

  ByteBuffer encode() {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES);
    bytes.putLong(MAGIC).putInt(VERSION).putInt(BYTES);
    bytes.putLong(name.startLsn().value()).putLong(name.endLsn().value());
    bytes.putLong(recordCount).putLong(entryCount).putLong(dataBytes).putInt(LEAF_ENTRIES);
    bytes.putInt(name.level().code()).putLong(ChronoUnit.MICROS.between(Instant.EPOCH, lastCommit));
    IndexEntry.putKey(bytes, name.range().first());
    IndexEntry.putKey(bytes, name.range().last());
    bytes.putInt(name.number());
    Checksums.seal(bytes);
    return bytes.flip();
  }

  ByteBuffer encodeFooter() {
    ByteBuffer bytes = ByteBuffer.allocate(FOOTER_BYTES);
    bytes.putLong(fileBytes()).putLong(MAGIC).putInt(encode().getInt(BYTES - CHECKSUM_BYTES));
    Checksums.seal(bytes);
    return bytes.flip();
  }

  /** {@return the header that {@code bytes} hold, with counts that fit into a file of {@code fileBytes}} */
  static LayerHeader decode(ByteBuffer bytes, Path file, long fileBytes) throws CorruptLayerException {
    expect(file, 0, "the magic number", MAGIC, bytes.getLong(0));
    expect(file, 8, "version", VERSION, bytes.getInt(8));
    int sum = bytes.getInt(BYTES - CHECKSUM_BYTES);
    expect(file, BYTES - CHECKSUM_BYTES, "the header's checksum", Checksums.of(bytes, BYTES - CHECKSUM_BYTES), sum);
    LayerHeader header = new LayerHeader(
        name(bytes, file),
        Instant.EPOCH.plus(bytes.getLong(LAST_COMMIT), ChronoUnit.MICROS),
        bytes.getLong(32), bytes.getLong(40), bytes.getLong(48));
    if (!header.isPlausible(fileBytes)) {
      throw new CorruptLayerException(file, 32, "counts that fit the file's " + fileBytes + " bytes", "" + header);
    }
    expect(file, fileBytes, "a file of this length", header.fileBytes(), fileBytes);
    return header;
  }

  private static LayerName name(ByteBuffer bytes, Path file) throws CorruptLayerException {
    int code = bytes.getInt(LEVEL);
    Optional<LayerLevel> level = LEVELS.stream().filter(each -> each.code() == code).findFirst();
    PageKey first = IndexEntry.keyAt(bytes, FIRST_KEY);
    PageKey last = IndexEntry.keyAt(bytes, FIRST_KEY + IndexEntry.KEY_BYTES);
    if (level.isEmpty() || last.compareTo(first) < 0) {
      throw new CorruptLayerException(
          file, LEVEL, "a level and a range of pages", "level " + code + ", " + first + " to " + last);
    }
    return new LayerName(level.get(), new KeyRange(first, last),
        new Lsn(bytes.getLong(16)), new Lsn(bytes.getLong(24)), bytes.getInt(NUMBER));
  }

  void checkFooter(ByteBuffer found, Path file) throws CorruptLayerException {
    ByteBuffer expected = encodeFooter();
    for (int i = 0; i < FOOTER_BYTES; i++) {
      expect(file, fileBytes() - FOOTER_BYTES + i, "the footer's byte", expected.get(i), found.get(i));
    }
  }

  int leafCount() {
    return (int) Math.ceilDiv(entryCount, (long) LEAF_ENTRIES);
  }

  /** {@return how many entries the leaf {@code index} has} */
  int leafEntries(int index) {
    return (int) Math.min(LEAF_ENTRIES, entryCount - (long) index * LEAF_ENTRIES);
  }

  long leafOffset(int index) {
    return BYTES + dataBytes + (long) index * LEAF_BYTES;
  }

  long rootOffset() {
    return BYTES + dataBytes + entryCount * IndexEntry.BYTES + (long) leafCount() * CHECKSUM_BYTES;
  }

  int rootBytes() {
    return Math.addExact(Math.multiplyExact(leafCount(), IndexEntry.PREFIX_BYTES), CHECKSUM_BYTES);
  }

  long fileBytes() {
    return rootOffset() + rootBytes() + FOOTER_BYTES;
  }

  /* Each count is bounded by the file's length before anything is multiplied or allocated. */
  private boolean isPlausible(long fileBytes) {
    return isPart()
        && recordCount >= 0 && recordCount <= fileBytes / RecordLog.HEADER_BYTES
        && entryCount >= 0 && entryCount <= fileBytes / IndexEntry.BYTES
        && entryCount / LEAF_ENTRIES < Integer.MAX_VALUE / IndexEntry.PREFIX_BYTES - 1
        && dataBytes >= recordCount * RecordLog.HEADER_BYTES && dataBytes <= fileBytes;
  }

  /** Pages of an image layer may all be of one position. */
  private boolean isPart() {
    return name.level() == LayerLevel.IMAGE
        ? !name.endLsn().isBefore(name.startLsn())
        : name.startLsn().isBefore(name.endLsn());
  }

  private static void expect(Path file, long offset, String what, long expected, long found)
      throws CorruptLayerException {
    if (expected != found) {
      throw new CorruptLayerException(
          file, offset, what + " " + Long.toHexString(expected) + " (hexadecimal)", Long.toHexString(found));
    }
  }
}
