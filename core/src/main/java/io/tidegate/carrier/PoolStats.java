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
 * @param started threads made by the pool's factory, and bodies started, since the pool was made
 * @param completed of these, those that have run to their end
 * @param queued times a thread that is ready to run now waits for a carrier, or a body for its turn
 * @param mounted carriers that run a thread now
 * @param cpuTime CPU time that the pool's carriers have used, those that have ended included; also empty where the JVM
 *     does not measure it
 * @param runQueue how long ready threads have waited for a carrier; of virtual threads a sample is timed, one run in
 *     about 16, of bodies on platform threads each one
 * @param starvations how often, since the pool was made, something that was ready has waited for longer than the pool's
 *     limit: spells, not threads
 * @param starvation the spell that goes on now, as it was seen last
 */
public record PoolStats(
    int parallelism,
    long started,
    long completed,
    OptionalLong queued,
    OptionalInt mounted,
    Optional<Duration> cpuTime,
    Optional<LatencyHistogram> runQueue,
    long starvations,
    Optional<Starvation> starvation) {

  /** {@return the threads and bodies that have not ended: for these {@link CarrierPool#close} waits} */
  public long live() {
    return started - completed;
  }

  PoolStats starved(long spells, Optional<Starvation> now) {
    return new PoolStats(
        parallelism, started, completed, queued, mounted, cpuTime, runQueue, spells, now);
  }

  /** Describes the numbers that there are; in one line, and in more where the pool starves now. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append("started=%d completed=%d live=%d".formatted(started, completed, live()));
    if (parallelism > 0) {
      text.append(" parallelism=").append(parallelism);
    }
    mounted.ifPresent(n -> text.append(" mounted=").append(n));
    queued.ifPresent(n -> text.append(" queued=").append(n));
    cpuTime.ifPresent(time -> text.append(" cpu=%d ms".formatted(time.toMillis())));
    runQueue.ifPresent(waits -> text.append(" run queue ").append(waits));
    if (starvations > 0) {
      text.append(" starvations=").append(starvations);
    }
    starvation.ifPresent(now -> text.append("\nstarves: ").append(now));
    return text.toString();
  }
}
