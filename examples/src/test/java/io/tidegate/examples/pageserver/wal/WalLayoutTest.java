// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Where segments, pages and records lie. */
class WalLayoutTest {
  private static final WalLayout LAYOUT = WalLayout.DEFAULT;

  @Test
  void fileName_severalSizes_asPostgresNamesThem() {
    assertEquals("000000010000000000000001", LAYOUT.fileName(1, Lsn.parse("0/1790018")));
    assertEquals("0000000200000016000000B3", LAYOUT.fileName(2, Lsn.parse("16/B374D848")));
    assertEquals("000000010000000100000002", new WalLayout(1 << 30).fileName(1, Lsn.parse("1/80000000")));
    assertEquals("000000010000000100000800", new WalLayout(1 << 20).fileName(1, Lsn.parse("1/80000000")));
  }

  @Test
  void segmentStart_anyPosition_isTheBorderAtOrBefore() {
    assertEquals(Lsn.parse("0/1000000"), LAYOUT.segmentStart(Lsn.parse("0/1000000")));
    assertEquals(Lsn.parse("0/1000000"), LAYOUT.segmentStart(Lsn.parse("0/1FFFFFF")));
    assertEquals(Lsn.parse("FFFFFFFF/FF000000"), LAYOUT.segmentStart(Lsn.parse("FFFFFFFF/FFFFFFFF")));
  }

  @Test
  void recordEnd_afterPageHeader_isThePageBorder() {
    assertEquals(Lsn.parse("0/3000000"), LAYOUT.recordEnd(Lsn.parse("0/3000028")));
    assertEquals(Lsn.parse("0/3002000"), LAYOUT.recordEnd(Lsn.parse("0/3002018")));
    for (String other : List.of("0/3000000", "0/3002000", "0/3002028", "0/3003FF8")) {
      assertEquals(Lsn.parse(other), LAYOUT.recordEnd(Lsn.parse(other)));
    }
  }

  @Test
  void layout_sizeThatPostgresRefuses_isRefused() {
    for (int size : List.of(0, 1, 8192, 1 << 19, 3 << 20, Integer.MIN_VALUE)) {
      assertThrows(IllegalArgumentException.class, () -> new WalLayout(size));
    }
  }
}
