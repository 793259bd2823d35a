// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A damaged log is refused, or the damage is where nothing is read; it never yields another record. */
class WalDecoderDamageTest {
  private static final int SIZE = 96 << 10;

  private final PostgresWal wal = PostgresWal.captured();

  /** Of 10,000 changed bytes each is found if it is a record's, and does no harm otherwise. */
  @Test
  void next_anyByteChanged_isRefusedOrHarmless() {
    byte[] intact = copy(wal.redo(), SIZE);
    List<WalRecord> expected = Decoding.feed(new WalDecoder(wal.redo()), ByteBuffer.wrap(intact));
    BitSet recordBytes = recordBytes(expected);
    Random random = new Random(18);
    for (int round = 0; round < 10_000; round++) {
      int at = random.nextInt(SIZE);
      byte[] damaged = intact.clone();
      damaged[at] ^= (byte) (1 + random.nextInt(255));
      Outcome outcome = decode(damaged);
      assertEquals(expected.subList(0, outcome.records.size()), outcome.records);
      assertTrue(outcome.refused || outcome.records.size() == expected.size(), "byte " + at);
      assertTrue(outcome.refused || !recordBytes.get(at), "byte " + at);
    }
  }

  /** Noise instead of a log is refused within its first page. */
  @Test
  void next_noise_isRefused() {
    Random random = new Random(5);
    for (int round = 0; round < 1000; round++) {
      byte[] noise = new byte[WalLayout.PAGE_SIZE];
      random.nextBytes(noise);
      assertTrue(decode(noise).refused);
    }
  }

  /** A segment file that was recycled has a former log's pages: they are not taken for this one's. */
  @Test
  void next_pageOfFormerLog_isRefused() {
    byte[] mixed = copy(wal.redo(), SIZE);
    int page = WalLayout.PAGE_SIZE - WalLayout.pageOffset(wal.redo());
    System.arraycopy(mixed, page, mixed, page + WalLayout.PAGE_SIZE, WalLayout.PAGE_SIZE);
    Outcome outcome = decode(mixed);
    assertTrue(outcome.refused);
    assertFalse(outcome.records.isEmpty());
  }

  private record Outcome(List<WalRecord> records, boolean refused) {}

  private Outcome decode(byte[] bytes) {
    WalDecoder decoder = new WalDecoder(wal.redo());
    List<WalRecord> records = new ArrayList<>();
    decoder.feed(wal.redo(), ByteBuffer.wrap(bytes));
    boolean refused = false;
    try {
      for (WalRecord record = decoder.next(); record != null; record = decoder.next()) {
        records.add(record);
      }
    } catch (WalFormatException damaged) {
      refused = true;
    }
    assertTrue(decoder.account().balances(), decoder::toString);
    return new Outcome(records, refused);
  }

  private byte[] copy(Lsn from, int size) {
    byte[] bytes = new byte[size];
    wal.bytes(from, from.plus(size)).get(bytes);
    return bytes;
  }

  /** {@return which bytes of the log are a complete record's, rather than a page header's or padding} */
  private BitSet recordBytes(List<WalRecord> records) {
    BitSet found = new BitSet(SIZE);
    for (WalRecord record : records) {
      Lsn at = record.start();
      for (int left = record.length(); left > 0; at = at.plus(1)) {
        if (WalLayout.pageOffset(at) >= WalLayout.DEFAULT.headerSize(at)) {
          found.set((int) at.minus(wal.redo()));
          left--;
        }
      }
    }
    return found;
  }
}
