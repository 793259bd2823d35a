// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Page requests and answers, byte by byte. */
class PageRequestTest {
  private static final String AS_OF = "0000000100000002" + "0000000000000003";
  private static final String RELATION = "0000067f" + "00000005" + "fffffffe" + "02";
  private static final PageRequest.AsOf READ = new PageRequest.AsOf(new Lsn(0x1_0000_0002L), new Lsn(3));

  private static PageRequest parse(String hex) throws ProtocolViolationException {
    return PageRequest.parse(ByteBuffer.wrap(HexFormat.of().parseHex(hex)));
  }

  @Test
  void parse_takesEachRequest() throws ProtocolViolationException {
    PageKey relation = new PageKey(1663, 5, -2, (byte) 2, 0);
    assertEquals(new PageRequest.Exists(READ, relation), parse("00" + AS_OF + RELATION));
    assertEquals(new PageRequest.Blocks(READ, relation), parse("01" + AS_OF + RELATION));
    assertEquals(new PageRequest.Page(READ, new PageKey(1663, 5, -2, (byte) 2, 0x80000001)),
        parse("02" + AS_OF + RELATION + "80000001"));
    assertEquals(new PageRequest.DatabaseSize(READ, 5), parse("03" + AS_OF + "00000005"));
    assertEquals(PageRequest.LATEST,
        parse("03" + "ffffffffffffffff" + "0000000000000003" + "00000005").asOf().request());
  }

  @Test
  void parse_ofAnythingElse_isRefused() {
    for (String hex : new String[] {
        "", "00", "04" + AS_OF, "67" + AS_OF, "00" + AS_OF, "00" + AS_OF + RELATION + "00", "02" + AS_OF + RELATION,
        "02" + AS_OF + RELATION + "0000000000", "03" + AS_OF + "000000"}) {
      assertThrows(ProtocolViolationException.class, () -> parse(hex), hex);
    }
  }

  @Test
  void answers_haveTheirTags() {
    assertArrayEquals(HexFormat.of().parseHex("6401"), PageAnswer.exists(true));
    assertArrayEquals(HexFormat.of().parseHex("6400"), PageAnswer.exists(false));
    assertArrayEquals(HexFormat.of().parseHex("65fffffffe"), PageAnswer.blocks(-2));
    assertArrayEquals(HexFormat.of().parseHex("66010203"), PageAnswer.page(ByteBuffer.wrap(new byte[] {1, 2, 3})));
    assertArrayEquals(HexFormat.of().parseHex("680000000100000000"), PageAnswer.databaseSize(1L << 32));
    assertArrayEquals(HexFormat.of().parseHex("67c3a43f6200"), PageAnswer.error("\u00E4\0b"));
  }
}
