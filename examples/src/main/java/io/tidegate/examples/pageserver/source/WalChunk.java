// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.source;

import io.tidegate.examples.pageserver.wal.Lsn;
import java.nio.ByteBuffer;

/**
 * A run of WAL bytes as the server sent it: cut anywhere, also within a record or a page header, at most 128 KiB. One
 * without bytes is a sign of life, which only tells where the server's WAL ends.
 *
 * @param start the position of the first byte
 * @param bytes the bytes from position to limit, the receiver's own; the buffer's order is big-endian, as for any new
 *     buffer, while most servers write WAL in little-endian
 * @param serverEnd the end of the server's WAL when it sent the chunk
 */
public record WalChunk(Lsn start, ByteBuffer bytes, Lsn serverEnd) {
  /** {@return the position after the last byte, while the buffer has not been read from} */
  public Lsn end() {
    return start.plus(bytes.remaining());
  }

  @Override
  public String toString() {
    return "WAL " + start + " + " + bytes.remaining() + " of " + serverEnd;
  }
}
