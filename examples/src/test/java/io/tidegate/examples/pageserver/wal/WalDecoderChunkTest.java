// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
  @ValueSource(ints = {8191, 8192, 128 << 10})
  void next_piecesOfOneSize_sameRecords(int size) {
    assertSameRecords(() -> size);
  }

  /** Tiny pieces are slow, so they stop some time after the first segment. */
  @ParameterizedTest
  @ValueSource(ints = {1, 7})
  void next_tinyPieces_sameRecords(int size) {
    Lsn limit = WalLayout.DEFAULT.segmentEnd(wal.redo()).plus(1 << 20);
    List<WalRecord> found = Decoding.feed(new WalDecoder(wal.redo()), wal.bytes(wal.redo(), limit), () -> size);
    assertEquals(expected.stream().filter(record -> !limit.isBefore(record.end())).toList(), found);
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
    assertRestartable(0);
    assertRestartable(expected.size() / 2);
    for (int i = 0; i < expected.size(); i++) {
      if (expected.get(i).isSegmentSwitch()) {
        assertRestartable(i - 20);
      }
    }
  }

  private void assertRestartable(int from) {
    List<WalRecord> window = expected.subList(from, Math.min(from + 200, expected.size()));
    Lsn limit = window.getLast().end();
    for (int i = 0; i < window.size(); i++) {
      Lsn start = window.get(i).end();
      List<WalRecord> found = Decoding.feed(new WalDecoder(start), wal.bytes(start, limit), () -> 5000);
      assertEquals(window.subList(i + 1, window.size()), found);
    }
  }

  private void assertSameRecords(IntSupplier sizes) {
    WalDecoder decoder = new WalDecoder(wal.redo());
    assertEquals(expected, Decoding.feed(decoder, wal.bytes(wal.redo(), wal.end()), sizes));
    assertEquals(wal.end(), decoder.position());
  }
}
