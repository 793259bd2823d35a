// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** P6: the run-queue latency. */
class LatencyHistogramTest {
  private final LatencyCounts counts = new LatencyCounts();

  /** P6: each wait is below the bound that it is told under, and at least half of it. */
  @ParameterizedTest
  @CsvSource({"-5, 1", "0, 1", "1, 2", "2, 4", "3, 4", "1023, 1024", "1024, 2048", "1000000000, 1073741824"})
  void percentile_ofOneWait_isTheNextPowerOfTwo(long wait, long bound) {
    counts.add(wait);
    assertEquals(Duration.ofNanos(bound), counts.histogram().percentile(1));
    assertEquals(Duration.ofNanos(bound), counts.histogram().percentile(0));
  }

  /** P6: shares are of those that were timed. */
  @Test
  void percentile_ofMany_isThatOfTheShare() {
    for (int i = 0; i < 99; i++) {
      counts.add(700);
    }
    counts.add(1_000_000);
    LatencyHistogram histogram = counts.histogram();
    assertEquals(100, histogram.samples());
    assertEquals(Duration.ofNanos(1024), histogram.percentile(0.99));
    assertEquals(Duration.ofNanos(1 << 20), histogram.percentile(0.991));
    assertEquals("p50 < 1.0 µs, p99 < 1.0 µs, max < 1048.6 µs of 100", histogram.toString());
  }

  /** P6: even the longest wait has a place, and no wait at all is told as none. */
  @Test
  void percentile_atTheEnds_isDefined() {
    assertEquals(Duration.ZERO, counts.histogram().percentile(0.5));
    counts.add(Long.MAX_VALUE);
    assertEquals(1, counts.histogram().samples());
    assertTrue(counts.histogram().percentile(1).isPositive());
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1.1, Double.NaN})
  void percentile_noShare_isRefused(double share) {
    LatencyHistogram histogram = counts.histogram();
    assertThrows(IllegalArgumentException.class, () -> histogram.percentile(share));
  }

  /** P6: of virtual threads a sample is timed, the first run of a pool among it. */
  @Test
  @Tag("with-flag")
  void runQueue_ofANamedPool_isSampled() {
    try (CarrierPool pool = CarrierPool.named("pool", 1)) {
      for (int i = 0; i < 200; i++) {
        Thread thread = pool.factory().newThread(() -> {});
        thread.start();
        Await.ended(thread);
      }
      long samples = pool.stats().runQueue().orElseThrow().samples();
      assertTrue(samples >= 200 / 16 && samples <= 200 / 16 + 2, () -> samples + " samples");
    }
  }

  /** P6: on platform threads every wait is timed. */
  @Test
  void runQueue_ofAPlatformPool_isTimedEachTime() {
    CarrierPool pool = CarrierPool.platform("files", 1);
    for (int i = 0; i < 20; i++) {
      pool.start("counted", () -> {});
    }
    pool.close();
    assertEquals(20, pool.stats().runQueue().orElseThrow().samples());
  }
}
