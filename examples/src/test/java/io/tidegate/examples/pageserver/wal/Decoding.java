// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;

/** What tests do with a decoder. */
final class Decoding {
  private Decoding() {}

  /** Feeds one piece and returns the records that it completes, checking the account after each. */
  static List<WalRecord> feed(WalDecoder decoder, ByteBuffer piece) {
    List<WalRecord> records = new ArrayList<>();
    decoder.feed(decoder.position(), piece);
    for (WalRecord record = decoder.next(); record != null; record = decoder.next()) {
      records.add(record);
      assertEquals(record.end(), decoder.lastRecordEnd());
      assertTrue(decoder.account().balances(), decoder::toString);
    }
    assertTrue(decoder.account().balances(), decoder::toString);
    return records;
  }

  /** Feeds all of {@code bytes} in pieces whose sizes {@code sizes} supplies. */
  static List<WalRecord> feed(WalDecoder decoder, ByteBuffer bytes, IntSupplier sizes) {
    List<WalRecord> records = new ArrayList<>();
    int offset = 0;
    while (offset < bytes.remaining()) {
      int size = Math.min(sizes.getAsInt(), bytes.remaining() - offset);
      records.addAll(feed(decoder, bytes.slice(bytes.position() + offset, size)));
      offset += size;
    }
    return records;
  }
}
