// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** It does not matter in which pieces a log comes, nor how often the decoder starts anew between records. */
class WalDecoderChunkTest {
  private final PostgresWal wal = PostgresWal.captured();
  private final List<WalRecord> expected =
      Decoding.feed(new WalDecoder(wal.redo()), wal.bytes(wal.redo(), wal.end()));

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 8191, 8192, 128 << 10})
  void next_piecesOfOneSize_sameRecords(int size) {
    assertSameRecords(() -> size);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void next_piecesOfRandomSizes_sameRecords(long seed) {
    Random random = new Random(seed);
    assertSameRecords(() -> 1 + random.nextInt(1 << random.nextInt(20)));
  }

  /** Wherever a decoder stops between two records, another one that starts there reads on alike. */
  @Test
  void decoder_startedAtEveryRecordEnd_sameRecordsFromThere() {
    Lsn limit = wal.redo().plus(96 << 10);
    List<WalRecord> window = expected.stream().filter(record -> !limit.isBefore(record.end())).toList();
    assertTrue(window.size() > 100, () -> "records: " + window.size());
    for (int i = 0; i < window.size(); i++) {
      Lsn start = window.get(i).end();
      List<WalRecord> found = Decoding.feed(new WalDecoder(start), wal.bytes(start, limit), () -> 4096);
      assertEquals(window.subList(i + 1, window.size()), found);
    }
  }

  private void assertSameRecords(IntSupplier sizes) {
    WalDecoder decoder = new WalDecoder(wal.redo());
    assertEquals(expected, Decoding.feed(decoder, wal.bytes(wal.redo(), wal.end()), sizes));
    assertEquals(wal.end(), decoder.position());
  }
}
