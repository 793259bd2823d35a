// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.time.Duration;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.ThreadFactory;

/**
 * Virtual threads on carriers of the pool's own.
 *
 * @param scheduler hands them to the carriers
 * @param jvm makes them
 */
record CarrierEngine(CarrierScheduler scheduler, ThreadFactory jvm) implements PoolEngine {
  @Override
  public void start(String name, Runnable work) {
    Thread thread = newThread(work);
    thread.setName(name);
    thread.start();
  }

  @Override
  public Thread newThread(Runnable work) {
    return jvm.newThread(work);
  }

  @Override
  public boolean isVirtual() {
    return true;
  }

  @Override
  public PoolStats stats(long started, long completed) {
    return new PoolStats(
        scheduler.parallelism(),
        started,
        completed,
        OptionalLong.of(scheduler.queued()),
        OptionalInt.of(scheduler.roll().mounted()),
        scheduler.roll().cpuTime());
  }

  @Override
  public boolean end(Duration limit) throws InterruptedException {
    return scheduler.endCarriers(limit);
  }
}
