// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/** Who carries now, under which number, and the sums of those who no longer do. Safe for use by any thread, no lock. */
final class CarrierRoll {
  /** Between two looks at a carrier that has left the pool but not yet the process. */
  private static final long EXIT_POLL_NANOS = 20_000;

  /** Immutable, and replaced as a whole: a carrier that ends moves from one half to the other in one step. */
  private record Page(
      TreeMap<Integer, Carrier> live, List<Carrier> leaving, long endedCpuNanos) {
    int firstFree() {
      int number = 1;
      while (live.containsKey(number)) {
        number++;
      }
      return number;
    }

    Page with(int number, Carrier carrier) {
      TreeMap<Integer, Carrier> more = new TreeMap<>(live);
      more.put(number, carrier);
      return new Page(more, leaving, endedCpuNanos);
    }

    Page without(Carrier carrier, long cpuNanos) {
      TreeMap<Integer, Carrier> fewer = new TreeMap<>(live);
      fewer.values().remove(carrier);
      List<Carrier> gone = new ArrayList<>(leaving);
      gone.removeIf(other -> !other.thread().isAlive());
      gone.add(carrier);
      return new Page(fewer, gone, endedCpuNanos + cpuNanos);
    }
  }

  private final AtomicReference<Page> page = new AtomicReference<>(new Page(new TreeMap<>(), List.of(), 0));

  /** Adds a carrier; returns the lowest number, from 1, that no other has. */
  int add(Carrier carrier) {
    while (true) {
      Page current = page.get();
      int number = current.firstFree();
      if (page.compareAndSet(current, current.with(number, carrier))) {
        return number;
      }
    }
  }

  /** Removes the calling carrier, which is about to end. */
  void remove(Carrier carrier) {
    long cpuNanos = Cpu.measured() ? Cpu.THREADS.getCurrentThreadCpuTime() : 0;
    page.updateAndGet(current -> current.without(carrier, cpuNanos));
  }

  /** Returns those that carry now, in the order of their numbers. */
  List<Carrier> live() {
    return List.copyOf(page.get().live().values());
  }

  int mounted() {
    return (int) page.get().live().values().stream().filter(carrier -> carrier.load() != null).count();
  }

  /**
   * Waits, no longer than until a value of {@link System#nanoTime}, until those that have left the pool have left the
   * process too; returns whether they have.
   */
  boolean awaitGone(long deadlineNanos) throws InterruptedException {
    for (Carrier carrier : page.get().leaving()) {
      // Polled, as Thread.join on a platform thread would pin a virtual caller, perhaps to this very carrier.
      while (carrier.thread().isAlive()) {
        if (deadlineNanos - System.nanoTime() <= 0) {
          return false;
        }
        LockSupport.parkNanos(this, EXIT_POLL_NANOS);
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
      }
    }
    return true;
  }

  /** Returns the CPU time of all carriers there ever were, or empty if the JVM does not measure it. */
  @SuppressWarnings("ReferenceEquality") // the same page, not an equal one
  Optional<Duration> cpuTime() {
    if (!Cpu.measured()) {
      return Optional.empty();
    }
    while (true) {
      Page current = page.get();
      long nanos = current.endedCpuNanos();
      for (Carrier carrier : current.live().values()) {
        nanos += Math.max(0, Cpu.THREADS.getThreadCpuTime(carrier.thread().threadId()));
      }
      // A carrier that ended meanwhile answers nothing, and is in the other half of the next page.
      if (page.get() == current) {
        return Optional.of(Duration.ofNanos(nanos));
      }
    }
  }

  /** Loaded only when the first carrier ends or somebody asks. */
  private static final class Cpu {
    static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    static boolean measured() {
      return THREADS.isThreadCpuTimeSupported() && THREADS.isThreadCpuTimeEnabled();
    }
  }
}
