// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The examples of the Javadoc. */
class CarrierPoolSnippetsTest {
  @Test
  void named() {
    AtomicInteger compacted = new AtomicInteger();
    // @start region="named"
    try (CarrierPool pool = CarrierPool.named("compaction", 2)) {
      pool.factory().newThread(compacted::incrementAndGet).start();
      pool.factory().newThread(compacted::incrementAndGet).start();
    } // waits for both threads
    // @end
    assertEquals(2, compacted.get());
  }
}
