// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The decoder's rules, each on a small log written for it. */
class WalDecoderTest {
  private final LogWriter log = new LogWriter();

  private WalDecoder decoder() {
    return new WalDecoder(LogWriter.START, LogWriter.LAYOUT);
  }

  /** Records end aligned, also where that is the end of a page, so that another decoder can start there. */
  @Test
  void next_recordsOfManyLengths_endWhereTheNextPieceOfLogBegins() {
    int room = WalLayout.PAGE_SIZE - WalLayout.LONG_HEADER;
    log.appendPlain(room - WalRecord.HEADER_SIZE - 5);
    assertEquals(0, WalLayout.pageOffset(log.position()));
    for (int length = 0; length < 40_000; length += 997) {
      log.appendPlain(length);
    }
    List<WalRecord> records = Decoding.feed(decoder(), log.log());
    assertEquals(42, records.size());
    assertEquals(LogWriter.START.plus(WalLayout.PAGE_SIZE), records.getFirst().end());
    assertEquals(log.position(), records.getLast().end());
    for (WalRecord record : records) {
      assertEquals(0, record.end().value() % 8);
    }
  }

  /** Whatever fills the rest of a switched segment is passed over, and a switch is returned when all of it has come. */
  @Test
  void next_segmentSwitch_skipsTheRestUnread() {
    log.switchSegment((byte) 0xA5);
    log.appendPlain(10);
    WalDecoder decoder = decoder();
    assertEquals(List.of(), Decoding.feed(decoder, log.log().slice(0, LogWriter.SEGMENT - 1)));
    assertEquals(LogWriter.START, decoder.lastRecordEnd());
    WalRecord last = Decoding.feed(decoder, log.log().slice(LogWriter.SEGMENT - 1, 1)).getFirst();
    assertTrue(last.isSegmentSwitch());
    assertEquals(LogWriter.START.plus(LogWriter.SEGMENT), last.end());
    ByteBuffer rest = log.log().position(LogWriter.SEGMENT).slice();
    assertEquals(last.start(), Decoding.feed(decoder, rest).getFirst().previous());
  }

  /** A record that a crash cut off is dropped when the server says so, and the record that says it must name it. */
  @Test
  void next_abandonedRecord_isReplacedByTheOneThatNamesIt() {
    Lsn before = log.appendPlain(100);
    Lsn abandoned = log.abandon(new byte[20_000]);
    log.append(0, 0xD0, overwriteBody(abandoned));
    WalDecoder decoder = decoder();
    List<WalRecord> records = Decoding.feed(decoder, log.log());
    assertEquals(2, records.size());
    assertEquals(before, records.get(1).previous());
    assertEquals(LogWriter.START.plus(WalLayout.PAGE_SIZE).minus(abandoned), decoder.account().skippedBytes());
  }

  /** A page that drops a record, with another record after it, is not what a server writes. */
  @Test
  void next_abandonedRecord_replacedByAnotherRecord_isRefused() {
    Lsn abandoned = log.abandon(new byte[20_000]);
    log.append(0, 0xD0, overwriteBody(abandoned.plus(8)));
    assertRefused("does not replace the one abandoned at " + abandoned);
  }

  /** A missing and a repeated piece are refused with both positions, and the decoder can still take the right one. */
  @Test
  void feed_gapOrRepetition_isRefusedAndHarmless() {
    log.appendPlain(10_000);
    WalDecoder decoder = decoder();
    Decoding.feed(decoder, log.log().slice(0, 100));
    Lsn right = LogWriter.START.plus(100);
    for (Lsn wrong : List.of(right.plus(1), right.plus(-1), LogWriter.START, right.plus(1L << 40))) {
      WalFormatException refused = assertThrows(
          WalFormatException.class, () -> decoder.feed(wrong, ByteBuffer.allocate(8)));
      assertEquals(wrong, refused.at());
      assertTrue(String.valueOf(refused.getMessage()).contains(right.toString()), refused::getMessage);
    }
    assertEquals(1, Decoding.feed(decoder, log.log().position(100).slice()).size());
  }

  /** A piece cannot be forgotten: the next one is refused until the first was read. */
  @Test
  void feed_beforePieceWasRead_isRefused() {
    log.appendPlain(10);
    WalDecoder decoder = decoder();
    decoder.feed(LogWriter.START, log.log());
    assertThrows(IllegalStateException.class, () -> decoder.feed(LogWriter.START, log.log()));
    assertNotNull(decoder.next());
    assertNull(decoder.next());
  }

  /** What is wrong once stays wrong, and the account says how far all was well. */
  @Test
  void next_afterDamage_throwsTheSameAgain() {
    log.appendPlain(10);
    log.appendPlain(10);
    ByteBuffer bytes = log.log();
    bytes.put(bytes.limit() - 8, (byte) 1);
    WalDecoder decoder = decoder();
    decoder.feed(LogWriter.START, bytes);
    assertNotNull(decoder.next());
    Lsn end = decoder.lastRecordEnd();
    WalFormatException first = assertThrows(WalFormatException.class, decoder::next);
    assertSame(first, assertThrows(WalFormatException.class, decoder::next));
    assertSame(first, assertThrows(WalFormatException.class, () -> decoder.feed(decoder.position(), bytes)));
    assertEquals(end, decoder.lastRecordEnd());
    assertTrue(decoder.account().balances(), decoder::toString);
  }

  /** A length that cannot be is refused before anything is allocated for it. */
  @Test
  void next_impossibleLength_isRefused() {
    for (int length : List.of(0, 23, -1, RecordAssembler.MAX_LENGTH + 1, Integer.MAX_VALUE)) {
      LogWriter other = new LogWriter();
      other.appendWithLength(length, new byte[100]);
      WalDecoder decoder = decoder();
      decoder.feed(LogWriter.START, other.log());
      WalFormatException refused = assertThrows(WalFormatException.class, decoder::next);
      assertTrue(String.valueOf(refused.getMessage()).contains("length"), refused::getMessage);
    }
  }

  /** A promised length takes no room before the bytes come: a thousand promises of a gigabyte are kept in little. */
  @Test
  void next_hugeLength_growsWithTheBytes() {
    log.appendWithLength(RecordAssembler.MAX_LENGTH, new byte[100]);
    List<WalDecoder> decoders = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      WalDecoder decoder = decoder();
      assertEquals(List.of(), Decoding.feed(decoder, log.log()));
      assertEquals(log.log().remaining(), decoder.account().pendingBytes());
      decoders.add(decoder);
    }
    assertEquals(1000, decoders.size());
  }

  /** A start inside a record is noticed at the next page at the latest. */
  @Test
  void next_startOnPageThatContinuesARecord_isRefused() {
    log.appendPlain(20_000);
    Lsn page = LogWriter.START.plus(WalLayout.PAGE_SIZE);
    WalDecoder decoder = new WalDecoder(page, LogWriter.LAYOUT);
    decoder.feed(page, log.log().position(WalLayout.PAGE_SIZE).slice());
    assertThrows(WalFormatException.class, decoder::next);
  }

  /** Records lie at multiples of 8 and never in a page's header. */
  @Test
  void decoder_startWhereNoRecordCanBe_isRefused() {
    for (long offset : List.of(4L, 8L, 24L, 8191L, 8192L + 8, 8192L + 25)) {
      Lsn start = LogWriter.START.plus(offset);
      assertThrows(IllegalArgumentException.class, () -> new WalDecoder(start, LogWriter.LAYOUT), start::toString);
    }
    for (long offset : List.of(0L, 40L, 8184L, 8192L, 8192L + 24)) {
      Lsn start = LogWriter.START.plus(offset);
      assertEquals(start, new WalDecoder(start, LogWriter.LAYOUT).lastRecordEnd());
    }
  }

  /** A log with other segments than expected is another cluster's. */
  @Test
  void next_otherSegmentSize_isRefused() {
    log.appendPlain(10);
    WalDecoder decoder = new WalDecoder(new Lsn(16 << 20));
    log.log().order(ByteOrder.LITTLE_ENDIAN).putLong(8, 16 << 20);
    decoder.feed(new Lsn(16 << 20), log.log());
    WalFormatException refused = assertThrows(WalFormatException.class, decoder::next);
    assertTrue(String.valueOf(refused.getMessage()).contains("segments of 1048576"), refused::getMessage);
  }

  private void assertRefused(String words) {
    WalDecoder decoder = decoder();
    decoder.feed(LogWriter.START, log.log());
    WalFormatException refused = assertThrows(WalFormatException.class, decoder::next);
    assertTrue(String.valueOf(refused.getMessage()).contains(words), refused::getMessage);
  }

  private static byte[] overwriteBody(Lsn abandoned) {
    ByteBuffer body = ByteBuffer.allocate(2 + 16).order(ByteOrder.LITTLE_ENDIAN);
    return body.put((byte) 255).put((byte) 16).putLong(abandoned.value()).array();
  }
}
