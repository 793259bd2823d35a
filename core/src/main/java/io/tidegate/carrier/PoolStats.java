// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The numbers of a pool at one moment.
 *
 * <p>Each number counts every event that happened before the reading began, and none that happened after it ended.
 * While threads start and end, the numbers of one reading need not belong to the same instant. What the pool cannot
 * know is empty, not zero: in a pool that runs on the JDK's scheduler, the queue and the carriers are not the pool's.
 *
 * @param parallelism how many carriers of its own the pool may have; 0 where it runs on the JDK's scheduler
 * @param started threads made by the pool's factory since the pool was made
 * @param completed of these, the threads that have run to their end
 * @param queued times a thread that is ready to run now waits for a carrier
 * @param mounted carriers that run a thread now
 * @param cpuTime CPU time that the pool's carriers have used, those that have ended included; also empty where the JVM
 *     does not measure it
 */
public record PoolStats(
    int parallelism,
    long started,
    long completed,
    OptionalLong queued,
    OptionalInt mounted,
    Optional<Duration> cpuTime) {

  /** {@return the threads made by the factory that have not ended: for these {@link CarrierPool#close} waits} */
  public long live() {
    return started - completed;
  }
}
