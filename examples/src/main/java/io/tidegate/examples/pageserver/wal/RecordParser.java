// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import io.tidegate.examples.pageserver.wal.PageImage.Compression;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One pass over a complete record that finds its block references.
 *
 * <p>A record is its header, then the headers of its parts, then the parts in the same order: each block's image and
 * data, and the main data last. See PostgreSQL's {@code src/include/access/xlogrecord.h}, and
 * {@code DecodeXLogRecord} in its {@code src/backend/access/transam/xlogreader.c}, whose checks these are. Not
 * thread-safe.
 */
final class RecordParser {
  private static final int MAX_BLOCK_ID = 32;
  private static final int TOP_LEVEL_XID = 252;
  private static final int ORIGIN = 253;
  private static final int MAIN_DATA_LONG = 254;
  private static final int MAIN_DATA_SHORT = 255;

  private static final int FORK_MASK = 0x0F;
  private static final int HAS_IMAGE = 0x10;
  private static final int HAS_DATA = 0x20;
  private static final int WILL_INIT = 0x40;
  private static final int SAME_RELATION = 0x80;

  /* The bits of an image since PostgreSQL 15; earlier ones mean something else. */
  private static final int IMAGE_HAS_HOLE = 0x01;
  private static final int IMAGE_APPLY = 0x02;
  private static final int IMAGE_PGLZ = 0x04;
  private static final int IMAGE_LZ4 = 0x08;
  private static final int IMAGE_ZSTD = 0x10;

  private static final int DATABASE_PAGE_SIZE = 8192;

  private final Lsn start;
  private final byte[] bytes;
  private final ByteBuffer headers;
  private final List<Part> parts = new ArrayList<>();
  /** The bytes of all parts whose headers were read. */
  private long partBytes;
  private long mainDataLength;
  /** The relation of the last block, which the next may share; null before the first. */
  private @Nullable Relation relation;

  private RecordParser(Lsn start, byte[] bytes) {
    this.start = start;
    this.bytes = bytes;
    this.headers = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).position(WalRecord.HEADER_SIZE);
  }

  /** {@return the record that {@code bytes} are, which it owns from now on} */
  static WalRecord parse(Lsn start, Lsn end, byte[] bytes) {
    RecordParser parser = new RecordParser(start, bytes);
    parser.readHeaders();
    return new WalRecord(start, end, bytes, parser.locateParts(), (int) parser.mainDataLength);
  }

  private void readHeaders() {
    boolean more = true;
    while (more && headers.remaining() > partBytes) {
      more = readHeader();
    }
    if (headers.remaining() != partBytes) {
      throw malformed("its parts have " + partBytes + " bytes, but " + headers.remaining() + " are left for them");
    }
  }

  /** Reads one header, and says whether another may follow: the main data comes last. */
  private boolean readHeader() {
    int id = readByte();
    switch (id) {
      case MAIN_DATA_SHORT -> mainDataLength = readByte();
      case MAIN_DATA_LONG -> mainDataLength = Integer.toUnsignedLong(readInt());
      case ORIGIN -> readShort();
      case TOP_LEVEL_XID -> readInt();
      default -> readBlockHeader(id);
    }
    partBytes += mainDataLength;
    return id != MAIN_DATA_SHORT && id != MAIN_DATA_LONG;
  }

  private void readBlockHeader(int id) {
    if (id > MAX_BLOCK_ID || (!parts.isEmpty() && id <= parts.getLast().id)) {
      throw malformed("block id " + id + (id > MAX_BLOCK_ID ? "" : " out of order"));
    }
    int flags = readByte();
    int dataLength = readShort();
    if ((flags & HAS_DATA) != 0 != dataLength > 0) {
      throw malformed("block " + id + " with flags 0x" + Integer.toHexString(flags) + " and data of " + dataLength);
    }
    PageImage image = (flags & HAS_IMAGE) == 0 ? null : readImageHeader(id);
    Relation owner = (flags & SAME_RELATION) == 0 ? readRelation() : relation;
    if (owner == null) {
      throw malformed("block " + id + " is said to be of the relation before, but there is none");
    }
    relation = owner;
    PageKey key = owner.page((byte) (flags & FORK_MASK), readInt());
    parts.add(new Part(id, key, (flags & WILL_INIT) != 0, image, dataLength));
    partBytes += dataLength + (image == null ? 0 : image.length());
  }

  /** Reads the header of an image, of which only the offset in the record is not known yet. */
  private PageImage readImageHeader(int id) {
    int length = readShort();
    int holeOffset = readShort();
    int flags = readByte();
    boolean hasHole = (flags & IMAGE_HAS_HOLE) != 0;
    Compression compression = compression(id, flags);
    int holeLength = compression == Compression.NONE ? DATABASE_PAGE_SIZE - length : hasHole ? readShort() : 0;
    boolean holeFits = hasHole
        ? holeOffset > 0 && holeLength > 0 && holeOffset + holeLength <= DATABASE_PAGE_SIZE
        : holeOffset == 0 && holeLength == 0;
    if (!holeFits || (compression != Compression.NONE && length >= DATABASE_PAGE_SIZE)) {
      throw malformed("image of block " + id + " with flags 0x" + Integer.toHexString(flags) + ", length " + length
          + ", hole of " + holeLength + " at " + holeOffset);
    }
    return new PageImage(0, length, holeOffset, holeLength, compression, (flags & IMAGE_APPLY) != 0);
  }

  private Compression compression(int id, int flags) {
    return switch (flags & (IMAGE_PGLZ | IMAGE_LZ4 | IMAGE_ZSTD)) {
      case 0 -> Compression.NONE;
      case IMAGE_PGLZ -> Compression.PGLZ;
      case IMAGE_LZ4 -> Compression.LZ4;
      case IMAGE_ZSTD -> Compression.ZSTD;
      default -> throw malformed("image of block " + id + " with flags 0x" + Integer.toHexString(flags));
    };
  }

  private Relation readRelation() {
    return new Relation(readInt(), readInt(), readInt());
  }

  /** The parts follow the headers without a gap, so each one's place is known once all headers were read. */
  private List<BlockReference> locateParts() {
    List<BlockReference> blocks = new ArrayList<>(parts.size());
    int offset = headers.position();
    for (Part part : parts) {
      PageImage image = part.image == null ? null : part.image.at(offset);
      offset += image == null ? 0 : image.length();
      blocks.add(new BlockReference(part.id, part.key, part.willInit, image, offset, part.dataLength));
      offset += part.dataLength;
    }
    return blocks;
  }

  private int readByte() {
    need(Byte.BYTES);
    return Byte.toUnsignedInt(headers.get());
  }

  private int readShort() {
    need(Short.BYTES);
    return Short.toUnsignedInt(headers.getShort());
  }

  private int readInt() {
    need(Integer.BYTES);
    return headers.getInt();
  }

  private void need(int count) {
    if (headers.remaining() < count) {
      throw malformed("it ends inside a header");
    }
  }

  private WalFormatException malformed(String what) {
    return new WalFormatException(start, "record of " + bytes.length + " bytes: " + what);
  }

  /** A relation's file, which several blocks of a record may share. */
  private record Relation(int tablespace, int database, int number) {
    PageKey page(byte fork, int block) {
      return new PageKey(tablespace, database, number, fork, block);
    }
  }

  /** A block's header. */
  private record Part(int id, PageKey key, boolean willInit, @Nullable PageImage image, int dataLength) {}
}
