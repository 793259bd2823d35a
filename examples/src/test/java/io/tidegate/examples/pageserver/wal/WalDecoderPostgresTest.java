// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.examples.pageserver.wal.PageImage.Compression;
import io.tidegate.examples.pageserver.wal.PostgresWal.Inspected;
import io.tidegate.examples.pageserver.wal.PostgresWal.InspectedBlock;
import io.tidegate.examples.pageserver.wal.PostgresWal.Piece;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The decoder finds in a real server's log what the server's own {@code pg_walinspect} finds. */
class WalDecoderPostgresTest {
  private final PostgresWal wal = PostgresWal.captured();

  /** Every record has the place, length, links and owner that the server reports, and every byte is accounted for. */
  @Test
  void next_wholeLog_everyRecordAsPostgresSeesIt() {
    WalDecoder decoder = new WalDecoder(wal.redo());
    List<Inspected> found = new ArrayList<>();
    for (WalRecord record : Decoding.feed(decoder, wal.bytes(wal.redo(), wal.end()))) {
      int images = record.blocks().stream().mapToInt(BlockReference::imageLength).sum();
      found.add(new Inspected(record.start(), record.end(), record.previous(), record.resourceManager(), record.xid(),
          record.length(), record.mainDataLength(), images));
    }
    assertEquals(wal.records(), found);
    assertTrue(found.size() > 20_000, () -> "records: " + found.size());
    assertEquals(wal.end(), decoder.position());
    assertEquals(wal.end(), decoder.lastRecordEnd());
    assertEquals(0, decoder.account().pendingBytes());
    assertNotEquals(0, decoder.account().skippedBytes());
  }

  /** Every block reference has the address, the lengths and the flags of its image that the server reports. */
  @Test
  void blocks_wholeLog_everyBlockAsPostgresSeesIt() {
    List<InspectedBlock> found = new ArrayList<>();
    for (WalRecord record : Decoding.feed(new WalDecoder(wal.redo()), wal.bytes(wal.redo(), wal.end()))) {
      for (BlockReference block : record.blocks()) {
        found.add(new InspectedBlock(
            record.start(), block.id(), block.key(), block.dataLength(), block.imageLength(), flags(block)));
      }
    }
    assertEquals(wal.blocks(), found);
    assertTrue(found.stream().anyMatch(block -> block.imageFlags().contains("COMPRESS_PGLZ")));
  }

  /** The parts of a record lie one after the other and fill it. */
  @Test
  void blocks_wholeLog_partsEndWhereTheRecordEnds() {
    for (WalRecord record : Decoding.feed(new WalDecoder(wal.redo()), wal.bytes(wal.redo(), wal.end()))) {
      int partsEnd = record.length() - record.mainDataLength();
      for (BlockReference block : record.blocks().reversed()) {
        assertEquals(partsEnd, block.dataOffset() + block.dataLength());
        PageImage image = block.image();
        partsEnd = image == null ? block.dataOffset() : image.offset();
        assertEquals(block.dataOffset(), partsEnd + block.imageLength());
      }
    }
  }

  /** Physical replication sends the very bytes of the segment files, and the decoder takes them as they come. */
  @Test
  void next_replicationStream_sameRecordsAsFromFiles() {
    List<WalRecord> expected = Decoding.feed(new WalDecoder(wal.redo()), wal.bytes(wal.redo(), wal.end()));
    WalDecoder decoder = new WalDecoder(wal.redo());
    List<WalRecord> found = new ArrayList<>();
    for (Piece piece : wal.stream()) {
      assertEquals(piece.at(), decoder.position());
      found.addAll(Decoding.feed(decoder, piece.bytes()));
    }
    assertEquals(expected, found.subList(0, expected.size()));
  }

  /** A start at the first byte of a segment is as good as one at its first record. */
  @Test
  void next_fromSegmentStart_continuesTheSameLog() {
    List<WalRecord> found = Decoding.feed(new WalDecoder(wal.afterSwitch()), wal.bytes(wal.afterSwitch(), wal.end()));
    List<Inspected> expected =
        wal.records().stream().filter(record -> !record.start().isBefore(wal.afterSwitch())).toList();
    assertEquals(expected.stream().map(Inspected::start).toList(), found.stream().map(WalRecord::start).toList());
    assertEquals(wal.afterSwitch().plus(WalLayout.LONG_HEADER), found.getFirst().start());
  }

  /** After a switch the server sends zeros to the segment's end, and the switch record ends there. */
  @Test
  void next_segmentSwitch_endsWithTheSegment() {
    WalDecoder decoder = new WalDecoder(wal.redo());
    List<WalRecord> switches = Decoding.feed(decoder, wal.bytes(wal.redo(), wal.end())).stream()
        .filter(WalRecord::isSegmentSwitch)
        .toList();
    assertTrue(switches.size() >= 2, switches::toString);
    long skipped = 0;
    for (WalRecord last : switches) {
      Lsn restStart = last.start().plus(WalRecord.HEADER_SIZE);
      ByteBuffer rest = wal.bytes(restStart, last.end());
      skipped += rest.remaining();
      assertEquals(ByteBuffer.allocate(rest.remaining()), rest);
      assertEquals(WalLayout.DEFAULT.segmentStart(last.end()), last.end());
    }
    assertEquals(skipped, decoder.account().skippedBytes());
  }

  /** The server's insert position is behind a page header that it has not sent, so nobody should wait for it. */
  @Test
  void recordEnd_insertPositionAfterSwitch_isFlushPosition() {
    assertEquals(wal.afterSwitch().plus(WalLayout.LONG_HEADER), wal.insertAfterSwitch());
    assertEquals(wal.afterSwitch(), WalLayout.DEFAULT.recordEnd(wal.insertAfterSwitch()));
    assertEquals(wal.end(), WalLayout.DEFAULT.recordEnd(wal.end()));
  }

  /** A stored record can be told apart from its bytes alone. */
  @Test
  void bytes_ofRecord_areReadOnlyAndComplete() {
    WalRecord record = Decoding.feed(new WalDecoder(wal.redo()), wal.bytes(wal.redo(), wal.end())).getFirst();
    assertTrue(record.bytes().isReadOnly());
    assertEquals(record.length(), record.bytes().getInt());
    assertFalse(record.bytes().hasArray());
  }

  /** The words in which {@code pg_walinspect} names the bits of an image, in its order. */
  private static String flags(BlockReference block) {
    PageImage image = block.image();
    if (image == null) {
      return "";
    }
    List<String> words = new ArrayList<>();
    if (image.holeOffset() != 0) {
      words.add("HAS_HOLE");
    }
    if (image.applied()) {
      words.add("APPLY");
    }
    if (image.compression() != Compression.NONE) {
      words.add("COMPRESS_" + image.compression());
    }
    return String.join(" ", words);
  }
}
