// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.id;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdTest {
  private static final String TEXT = "00f0a1b2c3d4e5f60718293a4b5c6d7e";

  @Test
  void parse_ofToString_isTheSameId() {
    Random random = new Random(1);
    for (int i = 0; i < 100; i++) {
      TenantId tenant = TenantId.random(random);
      TimelineId timeline = TimelineId.random(random);
      assertEquals(tenant, TenantId.parse(tenant.toString()));
      assertEquals(timeline, TimelineId.parse(timeline.toString()));
    }
  }

  @Test
  void toString_ofSmallNumbers_keepsAllDigits() {
    assertEquals("00000000000000010000000000000002", new TenantId(1, 2).toString());
    assertEquals(TEXT, TimelineId.parse(TEXT).toString());
  }

  @Test
  void parse_upperCase_isTheSameId() {
    assertEquals(TenantId.parse(TEXT), TenantId.parse("00F0A1B2C3D4E5F60718293A4B5C6D7E"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "00f0", TEXT + "0", "00f0a1b2c3d4e5f60718293a4b5c6d7g",
      "-0f0a1b2c3d4e5f60718293a4b5c6d7e",
      " 0f0a1b2c3d4e5f60718293a4b5c6d7e", "\uff100f0a1b2c3d4e5f60718293a4b5c6d7e"})
  void parse_otherText_isRefusedWithTheText(String text) {
    String tenant = messageOf(() -> TenantId.parse(text));
    String timeline = messageOf(() -> TimelineId.parse(text));
    assertTrue(tenant.contains("tenant id") && tenant.contains('"' + text + '"'), tenant);
    assertTrue(timeline.contains("timeline id") && timeline.contains('"' + text + '"'), timeline);
  }

  @Test
  void random_twice_differs() {
    assertNotEquals(TenantId.random(), TenantId.random());
    assertNotEquals(TimelineId.random(), TimelineId.random());
  }

  @Test
  void compareTo_ofAnyIds_ordersAsTheText() {
    Random random = new Random(2);
    IntStream.range(0, 100).forEach(i -> {
      TenantId a = TenantId.random(random);
      TenantId b = new TenantId(random.nextBoolean() ? a.high() : random.nextLong(), random.nextLong());
      assertEquals(Integer.signum(a.toString().compareTo(b.toString())), a.compareTo(b));
    });
  }

  private static String messageOf(Executable refused) {
    return String.valueOf(assertThrows(IllegalArgumentException.class, refused).getMessage());
  }
}
