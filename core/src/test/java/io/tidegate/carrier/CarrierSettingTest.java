// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class CarrierSettingTest {
  @AfterEach
  void clear() {
    System.clearProperty(CarrierSetting.PROPERTY);
  }

  @Test
  void parse_eachValue_isFound() {
    assertNull(CarrierSetting.ofProcess());
    assertEquals(CarrierSetting.AUTO, CarrierSetting.parse("auto"));
    assertEquals(CarrierSetting.DEDICATED, CarrierSetting.parse("dedicated"));
    assertEquals(CarrierSetting.SHARED, CarrierSetting.parse("shared"));
  }

  @Test
  void named_unknownSetting_saysWhatIsAllowed() {
    System.setProperty("io.tidegate.carriers", "on");
    String message = messageOf(IllegalStateException.class, () -> CarrierPool.named("pool"));
    assertEquals("System property io.tidegate.carriers is \"on\", but must be auto, dedicated or shared", message);
  }

  @Test
  void named_settingShared_runsOnTheJdksScheduler() {
    System.setProperty("io.tidegate.carriers", "shared");
    try (CarrierPool pool = CarrierPool.named("pool")) {
      assertFalse(pool.isolation().isDedicated());
      assertEquals("asked for by io.tidegate.carriers=shared", pool.isolation().reason());
    }
  }

  @Test
  @Tag("with-flag")
  void named_settingDedicatedWithFlag_isDedicated() {
    System.setProperty("io.tidegate.carriers", "dedicated");
    try (CarrierPool pool = CarrierPool.named("pool")) {
      assertTrue(pool.isolation().isDedicated());
    }
  }

  @Test
  @Tag("without-flag")
  void named_settingDedicatedWithoutFlag_failsAndNamesTheFlag() {
    System.setProperty("io.tidegate.carriers", "dedicated");
    String message = messageOf(IllegalStateException.class, () -> CarrierPool.named("pool"));
    assertTrue(message.contains("io.tidegate.carriers=dedicated"), message);
    assertTrue(message.contains("--add-opens java.base/java.lang=io.tidegate.core"), message);
  }

  /** P4: the builder's word counts where the property is silent, the property's where it is not. */
  @Test
  void carriers_ofTheBuilder_countUnlessThePropertyIsSet() {
    CarrierPool.Builder builder = CarrierPool.newPool("pool").carriers(CarrierSetting.SHARED);
    try (CarrierPool pool = builder.open()) {
      assertEquals("asked for by its builder, carriers=shared", pool.isolation().reason());
    }
    System.setProperty("io.tidegate.carriers", "auto");
    try (CarrierPool pool = builder.open()) {
      assertFalse(pool.isolation().reason().contains("builder"), () -> pool.isolation().toString());
    }
  }

  /** P4: a pool that must have carriers of its own and cannot is not made. */
  @Test
  @Tag("without-flag")
  void carriers_dedicatedWithoutFlag_failsAndNamesTheFlag() {
    CarrierPool.Builder builder = CarrierPool.newPool("pool").carriers(CarrierSetting.DEDICATED);
    String message = messageOf(IllegalStateException.class, builder::open);
    assertTrue(message.contains("its builder, carriers=dedicated"), message);
    assertTrue(message.contains("--add-opens java.base/java.lang=io.tidegate.core"), message);
  }

  private static String messageOf(Class<? extends Throwable> type, Executable misuse) {
    return String.valueOf(assertThrows(type, misuse).getMessage());
  }
}
