// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.testing.Simulation;
import java.time.Duration;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

final class BackoffTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Random random = new Random(1);
  private final Backoff plain = Backoff.exponential(SECOND, Duration.ofSeconds(10)).withJitter(0);

  @Test
  void delay_doublesUpToTheLimit() {
    assertEquals(Duration.ZERO, plain.delay(0, random));
    assertEquals(SECOND, plain.delay(1, random));
    assertEquals(SECOND.multipliedBy(2), plain.delay(2, random));
    assertEquals(SECOND.multipliedBy(8), plain.delay(4, random));
    assertEquals(SECOND.multipliedBy(10), plain.delay(5, random));
    assertEquals(SECOND.multipliedBy(10), plain.delay(Integer.MAX_VALUE, random));
    assertEquals(Duration.ofMillis(1500), plain.withFactor(1.5).delay(2, random));
  }

  /** The random part only shortens, so the limit holds. */
  @Test
  void delay_withJitter_isWithinItsPart() {
    Backoff jittered = plain.withJitter(0.5);
    Duration least = SECOND;
    for (int i = 0; i < 1_000; i++) {
      Duration delay = jittered.delay(1, random);
      assertTrue(delay.compareTo(SECOND.dividedBy(2)) >= 0 && delay.compareTo(SECOND) <= 0, delay::toString);
      least = delay.compareTo(least) < 0 ? delay : least;
    }
    assertTrue(least.compareTo(Duration.ofMillis(600)) < 0, least.toString());
  }

  @Test
  void delay_byChanceOfTheThread_isWithinItsPart() {
    Backoff jittered = plain.withJitter(0.5);
    assertEquals(Duration.ZERO, jittered.delay(0));
    Set<Duration> delays = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      Duration delay = jittered.delay(2);
      assertTrue(delay.compareTo(SECOND) >= 0 && delay.compareTo(SECOND.multipliedBy(2)) <= 0, delay::toString);
      delays.add(delay);
    }
    assertTrue(delays.size() > 50, delays::toString);
  }

  /** In a simulation its seed is where the random part comes from. */
  @Test
  @Tag("with-flag")
  void delay_inASimulation_isThatOfTheSeed() {
    Set<Duration> delays = new HashSet<>();
    for (int i = 0; i < 5; i++) {
      Simulation.run(7, () -> delays.add(plain.withJitter(0.5).delay(1)));
    }
    assertEquals(1, delays.size(), delays::toString);
  }

  @Test
  void unfitValues_areRefused() {
    assertThrows(IllegalArgumentException.class, () -> Backoff.exponential(SECOND, Duration.ZERO));
    assertThrows(IllegalArgumentException.class, () -> Backoff.exponential(SECOND.negated(), SECOND));
    assertThrows(IllegalArgumentException.class, () -> Backoff.exponential(SECOND, Duration.ofSeconds(Long.MAX_VALUE)));
    assertThrows(IllegalArgumentException.class, () -> plain.withFactor(0.5));
    assertThrows(IllegalArgumentException.class, () -> plain.withJitter(1.5));
    assertThrows(IllegalArgumentException.class, () -> plain.withJitter(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> plain.delay(-1, random));
  }
}
