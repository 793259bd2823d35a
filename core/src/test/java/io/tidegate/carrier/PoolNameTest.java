// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PoolNameTest {
  @ParameterizedTest
  @ValueSource(strings = {"a", "compaction1", "wal-recv", "io_2", "v1.0"})
  void checked_fitName_isReturned(String name) {
    assertEquals(name, PoolName.checked(name));
  }

  @Test
  void checked_longerThanElevenCharacters_saysLimitAndWhy() {
    String message = messageOf(IllegalArgumentException.class, () -> CarrierPool.named("walreceivers"));
    assertTrue(message.contains("walreceivers"), message);
    assertTrue(message.contains("limit is 11"), message);
    assertTrue(message.contains("first 15 characters up to JDK 25"), message);
    assertTrue(message.contains("its first 7, \"..\" and its last 6"), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "\t"})
  void checked_blank_isRefused(String name) {
    assertThrows(IllegalArgumentException.class, () -> CarrierPool.named(name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "a\n", "a/b", "ä", "a%d", "\u0000", "🦀"})
  void checked_unfitCharacters_isRefused(String name) {
    assertThrows(IllegalArgumentException.class, () -> CarrierPool.named(name));
  }

  @ParameterizedTest
  @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 1000})
  void named_parallelismOutOfRange_isRefused(int parallelism) {
    String message = messageOf(IllegalArgumentException.class, () -> CarrierPool.named("pool", parallelism));
    assertTrue(message.contains("1 to 999"), message);
  }

  private static String messageOf(Class<? extends Throwable> type, Executable misuse) {
    return String.valueOf(assertThrows(type, misuse).getMessage());
  }
}
