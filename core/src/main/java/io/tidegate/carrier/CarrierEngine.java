// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import io.tidegate.carrier.Occupant.Mounted;
import io.tidegate.carrier.SchedulerAccess.Route;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Virtual threads on carriers of the pool's own.
 *
 * @param scheduler hands them to the carriers
 * @param jvm makes them
 */
record CarrierEngine(CarrierScheduler scheduler, Route jvm) implements PoolEngine {
  @Override
  public Thread newThread(String name, Runnable work) {
    if (work instanceof PoolThread own) {
      Thread thread = jvm.newThread(own, name, own);
      own.runsOn(thread);
      return thread;
    }
    return jvm.newThread(scheduler, name, work);
  }

  @Override
  public PoolStats stats(long started, long completed) {
    return new PoolStats(
        scheduler.parallelism(),
        started,
        completed,
        OptionalLong.of(scheduler.queued()),
        OptionalInt.of(scheduler.roll().mounted()),
        scheduler.roll().cpuTime(),
        Optional.of(scheduler.latencies()),
        0,
        Optional.empty());
  }

  @Override
  public long queued() {
    return scheduler.queued();
  }

  @Override
  public long waitedNanos(long nowNanos) {
    return scheduler.waitedNanos(nowNanos);
  }

  @Override
  public List<Occupant> occupants() {
    List<Mounted> found = new ArrayList<>();
    for (Carrier carrier : scheduler.roll().live()) {
      Object continuation = carrier.load();
      if (continuation != null) {
        found.add(mounted(carrier, MountedThread.of(continuation)));
      }
    }
    return Occupant.of(found);
  }

  private static Mounted mounted(Carrier carrier, Optional<Thread> mounted) {
    return mounted
        .map(thread -> new Mounted(carrier, thread.getName() + " #" + thread.threadId(), thread))
        .orElseGet(() -> new Mounted(carrier, "an unknown virtual thread", carrier.thread()));
  }

  @Override
  public boolean end(Duration limit) throws InterruptedException {
    return scheduler.endCarriers(limit);
  }
}
