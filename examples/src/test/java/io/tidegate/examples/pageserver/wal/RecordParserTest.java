// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.examples.pageserver.wal.PageImage.Compression;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The parts of records whose checksum is right, but whose headers may say anything. */
class RecordParserTest {
  private static final Lsn START = new Lsn(4096);
  private static final PageKey KEY = new PageKey(1663, 5, 16_384, (byte) 0, 7);

  @Test
  void parse_sameRelation_takesItFromTheBlockBefore() {
    WalRecord record = parse(body(100)
        .put((byte) 0).put((byte) 0x20).putShort((short) 3).putInt(1663).putInt(5).putInt(16_384).putInt(7)
        .put((byte) 2).put((byte) 0xC1).putShort((short) 0).putInt(9)
        .put((byte) 255).put((byte) 4)
        .put(new byte[7]));
    PageKey second = new PageKey(1663, 5, 16_384, (byte) 1, 9);
    assertEquals(
        List.of(
            new BlockReference(0, KEY, false, null, record.length() - 7, 3),
            new BlockReference(2, second, true, null, record.length() - 4, 0)),
        record.blocks());
    assertEquals(4, record.mainDataLength());
  }

  @Test
  void parse_compressedImageWithHole_hasItsOwnHoleLength() {
    WalRecord record = parse(body(200)
        .put((byte) 1).put((byte) 0x10).putShort((short) 0)
        .putShort((short) 50).putShort((short) 400).put((byte) 0x0B).putShort((short) 6000)
        .putInt(1663).putInt(5).putInt(16_384).putInt(7)
        .put(new byte[50]));
    PageImage image = new PageImage(record.length() - 50, 50, 400, 6000, Compression.LZ4, true);
    assertEquals(List.of(new BlockReference(1, KEY, false, image, record.length(), 0)), record.blocks());
    assertTrue(record.blocks().getFirst().replacesPage());
  }

  @Test
  void parse_originAndTopLevelTransaction_arePassedOver() {
    WalRecord record = parse(body(50)
        .put((byte) 253).putShort((short) 1).put((byte) 252).putInt(700).put((byte) 254).putInt(9).put(new byte[9]));
    assertEquals(9, record.mainDataLength());
  }

  @Test
  void parse_firstBlockOfTheRelationBefore_isRefused() {
    assertMalformed(body(50).put((byte) 0).put((byte) 0x80).putShort((short) 0).putInt(9));
  }

  @Test
  void parse_blockIdTooLargeOrOutOfOrder_isRefused() {
    assertMalformed(body(50).put((byte) 33).put(new byte[19]));
    assertMalformed(body(50).put((byte) 1).put(new byte[19]).put((byte) 1).put(new byte[19]));
  }

  @Test
  void parse_dataFlagAgainstDataLength_isRefused() {
    assertMalformed(body(50).put((byte) 0).put((byte) 0x20).putShort((short) 0).put(new byte[16]));
    assertMalformed(body(50).put((byte) 0).put((byte) 0).putShort((short) 2).put(new byte[18]));
  }

  @Test
  void parse_imageThatDoesNotFitItsPage_isRefused() {
    assertMalformed(image(8191, 0, 0, 8191));
    assertMalformed(image(100, 8000, 1, 100));
    assertMalformed(image(100, 0, 0x0C, 100));
    assertMalformed(image(9000, 0, 0, 9000));
  }

  @Test
  void parse_partsLongerOrShorterThanTheRecord_isRefused() {
    assertMalformed(body(50).put((byte) 254).putInt(-1).put(new byte[9]));
    assertMalformed(body(50).put((byte) 255).put((byte) 8).put(new byte[9]));
    assertMalformed(body(50).put((byte) 254).putShort((short) 0));
  }

  /** Headers of any content are parsed or refused, and nothing else. */
  @Test
  void parse_noise_isParsedOrRefused() {
    Random random = new Random(11);
    int parsed = 0;
    for (int round = 0; round < 200_000; round++) {
      byte[] noise = new byte[WalRecord.HEADER_SIZE + random.nextInt(80)];
      random.nextBytes(noise);
      if (noise.length > WalRecord.HEADER_SIZE && random.nextBoolean()) {
        noise[WalRecord.HEADER_SIZE] = (byte) List.of(0, 1, 252, 253, 254, 255).get(random.nextInt(6)).intValue();
      }
      try {
        RecordParser.parse(START, START, noise);
        parsed++;
      } catch (WalFormatException refused) {
        assertEquals(START, refused.at());
      }
    }
    assertTrue(parsed > 0);
  }

  private static ByteBuffer body(int room) {
    ByteBuffer record = ByteBuffer.allocate(WalRecord.HEADER_SIZE + room).order(ByteOrder.LITTLE_ENDIAN);
    return record.position(WalRecord.HEADER_SIZE);
  }

  private static ByteBuffer image(int length, int holeOffset, int flags, int stored) {
    return body(10_000)
        .put((byte) 0).put((byte) 0x10).putShort((short) 0)
        .putShort((short) length).putShort((short) holeOffset).put((byte) flags)
        .put(new byte[16 + stored]);
  }

  private static WalRecord parse(ByteBuffer record) {
    byte[] bytes = new byte[record.flip().remaining()];
    record.get(bytes);
    return RecordParser.parse(START, START, bytes);
  }

  private static void assertMalformed(ByteBuffer record) {
    assertThrows(WalFormatException.class, () -> parse(record));
  }
}
