// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

/**
 * A full-page image inside a record: the bytes of a page as they were after the change, mostly without their unused
 * middle.
 *
 * <p>See {@code XLogRecordBlockImageHeader} in PostgreSQL's {@code src/include/access/xlogrecord.h}.
 *
 * @param offset where the image begins in the record's bytes
 * @param length the stored bytes of the image
 * @param holeOffset where the left-out zeros begin in the page; 0 if none were left out
 * @param holeLength how many zeros were left out
 * @param compression how the stored bytes are compressed
 * @param applied whether replay restores the page from the image, rather than only checking against it
 */
public record PageImage(
    int offset, int length, int holeOffset, int holeLength, Compression compression, boolean applied) {

  /** A method by which {@code wal_compression} stores an image. */
  public enum Compression {
    /** The bytes of the page as they are. */
    NONE,
    /** PostgreSQL's own LZ. */
    PGLZ,
    /** LZ4. */
    LZ4,
    /** Zstandard. */
    ZSTD
  }

  /** {@return this image, beginning at {@code offset} of the record's bytes} */
  PageImage at(int offset) {
    return new PageImage(offset, length, holeOffset, holeLength, compression, applied);
  }
}
