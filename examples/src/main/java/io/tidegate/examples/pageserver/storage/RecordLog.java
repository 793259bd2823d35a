// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import io.tidegate.examples.pageserver.wal.Lsn;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Records in memory, one after the other, byte for byte as a layer file holds them. */
final class RecordLog {
  /*
   * The log is cut into chunks of equal size without regard to records, so a record may lie across several. The first one
   * comes with the first record and grows with what it holds: a log of few records costs little.
   *
   * One thread appends. Readers may look at positions below 'length' only.
   *
   * I1  A byte below 'length' never changes. It was written before 'length' passed it, with release: whoever read a
   *     length, with acquire, sees those bytes.
   * I2  'chunks' is replaced, not resized: each value of it holds every chunk below the length at that time, and those
   *     that the writer adds to it later are above. A first chunk that has grown comes with a new value: who has the old
   *     one finds the old chunk, which is whole up to the length at that time.
   * Not promised: 'recordCount' may be ahead of or behind the length that another thread reads.
   */
  static final int HEADER_BYTES = 16;
  static final int CHUNK_BYTES = (1 << 20) - 64; // with the array's header, not more than the smallest region of G1
  static final int FIRST_BYTES = 1 << 11;
  private static final int WRITE_BYTES = 1 << 17;

  private volatile byte[][] chunks = new byte[4][]; // written by the writer
  private final AtomicLong length = new AtomicLong(); // written by the writer
  private final AtomicLong recordCount = new AtomicLong(); // written by the writer
  private long end; // the writer only: where the record in work ends so far
  private final ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES); // the writer only
  private final CRC32C crc = new CRC32C(); // the writer only

  /** Copies a record behind the others, not yet visible to readers; {@link #publish} follows. */
  void append(Lsn endLsn, ByteBuffer bytes) {
    end = length.getPlain(); // an append that ran out of memory is forgotten
    header.clear().putLong(endLsn.value()).putInt(bytes.remaining());
    crc.reset();
    crc.update(header.array(), 0, header.position());
    int start = bytes.position();
    crc.update(bytes);
    bytes.position(start);
    header.putInt((int) crc.getValue()).flip();
    copy(header);
    copy(bytes);
    bytes.position(start);
  }

  /** Shows the record appended last to readers. */
  void publish() {
    recordCount.setRelease(recordCount.getPlain() + 1);
    length.setRelease(end);
  }

  long length() {
    return length.getAcquire();
  }

  long recordCount() {
    return recordCount.getAcquire();
  }

  /** {@return the end LSN of the record at a position below the length} */
  Lsn lsnAt(long position) {
    int offset = (int) (position % CHUNK_BYTES);
    if (offset > CHUNK_BYTES - Long.BYTES) {
      return new Lsn(view(position, Long.BYTES).getLong(0));
    }
    byte[] chunk = chunks[(int) (position / CHUNK_BYTES)];
    return new Lsn(ByteBuffer.wrap(chunk).getLong(offset));
  }

  int lengthAt(long position) {
    return view(position + Long.BYTES, Integer.BYTES).getInt(0);
  }

  LayerRecord recordAt(long position) {
    return new LayerRecord(lsnAt(position), view(position + HEADER_BYTES, lengthAt(position)));
  }

  void forEach(long limit, Layer.Visitor visitor) throws IOException {
    for (long position = 0; position < limit; position += HEADER_BYTES + lengthAt(position)) {
      LayerRecord record = recordAt(position);
      visitor.visit(record.endLsn(), record.bytes());
    }
  }

  /** Writes all that is published. */
  void writeTo(Disk.Output out) throws IOException {
    long limit = length();
    for (long position = 0; position < limit; ) {
      int offset = (int) (position % CHUNK_BYTES);
      int count = (int) Math.min(limit - position, Math.min(WRITE_BYTES, CHUNK_BYTES - offset));
      out.write(ByteBuffer.wrap(chunks[(int) (position / CHUNK_BYTES)], offset, count));
      position += count;
    }
  }

  /** {@return how many bytes of memory the chunks take} */
  long allocated() {
    long bytes = 0;
    for (byte @Nullable [] chunk : chunks) {
      bytes += chunk == null ? 0 : chunk.length;
    }
    return bytes;
  }

  private void copy(ByteBuffer from) {
    while (from.hasRemaining()) {
      int offset = (int) (end % CHUNK_BYTES);
      int count = Math.min(from.remaining(), CHUNK_BYTES - offset);
      from.get(chunkWith((int) (end / CHUNK_BYTES), offset + count), offset, count);
      end += count;
    }
  }

  /** {@return a chunk with room for so many bytes, new or larger if need be} */
  private byte[] chunkWith(int index, int bytes) {
    byte[][] all = chunks;
    byte @Nullable [] chunk = index < all.length ? all[index] : null;
    if (chunk != null && bytes <= chunk.length) {
      return chunk;
    }
    if (index > 0) {
      return add(index, new byte[CHUNK_BYTES], index == all.length ? Arrays.copyOf(all, index * 2) : all);
    }
    byte[] first = new byte[firstSize(bytes)];
    if (chunk != null) {
      System.arraycopy(chunk, 0, first, 0, chunk.length);
    }
    return add(0, first, all.clone());
  }

  private byte[] add(int index, byte[] chunk, byte[][] all) {
    all[index] = chunk;
    chunks = all;
    return chunk;
  }

  private static int firstSize(int bytes) {
    int size = FIRST_BYTES;
    while (size < bytes) {
      size *= 2;
    }
    return Math.min(size, CHUNK_BYTES);
  }

  /** {@return some bytes, read-only: in place where one chunk has them all, else a copy} */
  private ByteBuffer view(long position, int count) {
    byte[][] all = chunks;
    int index = (int) (position / CHUNK_BYTES);
    int offset = (int) (position % CHUNK_BYTES);
    if (offset + (long) count <= CHUNK_BYTES && count > 0) {
      return ByteBuffer.wrap(all[index], offset, count).slice().asReadOnlyBuffer();
    }
    ByteBuffer copy = ByteBuffer.allocate(count);
    while (copy.hasRemaining()) {
      int part = Math.min(copy.remaining(), CHUNK_BYTES - offset);
      copy.put(all[index], offset, part);
      index++;
      offset = 0;
    }
    return copy.flip().asReadOnlyBuffer();
  }
}
