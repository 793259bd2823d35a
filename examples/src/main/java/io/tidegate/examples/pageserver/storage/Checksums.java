// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** CRC-32C over parts of buffers whose content is in an array. */
final class Checksums {
  private Checksums() {}

  /** {@return the checksum of the first {@code length} bytes} */
  static int of(ByteBuffer bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.array(), bytes.arrayOffset(), length);
    return (int) crc.getValue();
  }

  /** Appends the checksum of all that is in the buffer so far. */
  static void seal(ByteBuffer bytes) {
    bytes.putInt(of(bytes, bytes.position()));
  }

  static String text(int checksum) {
    return String.format("%08x", checksum);
  }
}
