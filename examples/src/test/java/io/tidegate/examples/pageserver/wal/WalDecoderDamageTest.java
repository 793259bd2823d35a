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
  /** A wrong length is noticed at the next page, which must be there. */
  private static final int REST = 2 * WalLayout.PAGE_SIZE;

  private final PostgresWal wal = PostgresWal.captured();

  /** Each of many changed bytes is found if it is a record's, and does no harm otherwise: where images abound. */
  @Test
  void next_anyByteChangedAfterCheckpoint_isRefusedOrHarmless() {
    assertDamageIsFound(wal.redo(), 4000, 18);
  }

  /** The same where records are small. */
  @Test
  void next_anyByteChangedAmongSmallRecords_isRefusedOrHarmless() {
    assertDamageIsFound(wal.records().get(wal.records().size() / 2).start(), 4000, 19);
  }

  /** The same where a segment ends early. */
  @Test
  void next_anyByteChangedAroundSwitch_isRefusedOrHarmless() {
    int next = 0;
    while (!wal.records().get(next).end().equals(wal.afterSwitch())) {
      next++;
    }
    assertDamageIsFound(wal.records().get(next - 50).start(), 4000, 20);
  }

  private void assertDamageIsFound(Lsn start, int rounds, long seed) {
    byte[] intact = copy(start, SIZE + REST);
    List<WalRecord> expected = Decoding.feed(new WalDecoder(start), ByteBuffer.wrap(intact));
    BitSet recordBytes = recordBytes(start, expected);
    Random random = new Random(seed);
    for (int round = 0; round < rounds; round++) {
      int at = random.nextInt(SIZE);
      byte[] damaged = intact.clone();
      damaged[at] ^= (byte) (1 + random.nextInt(255));
      Outcome outcome = decode(start, damaged);
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
      assertTrue(decode(wal.redo(), noise).refused);
    }
  }

  /** A segment file that was recycled has a former log's pages: they are not taken for this one's. */
  @Test
  void next_pageOfFormerLog_isRefused() {
    byte[] mixed = copy(wal.redo(), SIZE);
    int page = WalLayout.PAGE_SIZE - WalLayout.pageOffset(wal.redo());
    System.arraycopy(mixed, page, mixed, page + WalLayout.PAGE_SIZE, WalLayout.PAGE_SIZE);
    Outcome outcome = decode(wal.redo(), mixed);
    assertTrue(outcome.refused);
    assertFalse(outcome.records.isEmpty());
  }

  private record Outcome(List<WalRecord> records, boolean refused) {}

  private Outcome decode(Lsn start, byte[] bytes) {
    WalDecoder decoder = new WalDecoder(start);
    List<WalRecord> records = new ArrayList<>();
    decoder.feed(start, ByteBuffer.wrap(bytes));
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
  private static BitSet recordBytes(Lsn start, List<WalRecord> records) {
    BitSet found = new BitSet(SIZE + REST);
    for (WalRecord record : records) {
      Lsn at = record.start();
      for (int left = record.length(); left > 0; at = at.plus(1)) {
        if (WalLayout.pageOffset(at) >= WalLayout.DEFAULT.headerSize(at)) {
          found.set((int) at.minus(start));
          left--;
        }
      }
    }
    return found;
  }
}
