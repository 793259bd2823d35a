// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.task;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RetryDelayTest {
  private final RetryDelay delay = new RetryDelay();

  @Test
  void afterFailure_inARow_doublesUpToTenSeconds() {
    assertEquals(List.of(100L, 200L, 400L, 800L, 1_600L, 3_200L, 6_400L, 10_000L, 10_000L), millis(9));
  }

  @Test
  void reset_startsOver() {
    assertEquals(List.of(100L, 200L), millis(2));
    delay.reset();
    assertEquals(List.of(100L, 200L), millis(2));
  }

  private List<Long> millis(int count) {
    return Stream.generate(delay::afterFailure).limit(count).map(each -> each.toMillis()).toList();
  }
}
