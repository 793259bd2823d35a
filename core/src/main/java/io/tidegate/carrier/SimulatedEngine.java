// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.util.ArrayDeque;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;

/** The threads of a simulation in place of a pool's own. One of them runs at a time, so nothing is guarded. */
final class SimulatedEngine implements PoolEngine {
  private final Simulator simulator;
  private final boolean virtual;
  /** How many bodies run at a time; the others wait in the queue. */
  private final int width;
  private final Queue<Job> queue = new ArrayDeque<>();
  private int running;

  private record Job(String name, Runnable work) {}

  private SimulatedEngine(Simulator simulator, boolean virtual, int width) {
    this.simulator = simulator;
    this.virtual = virtual;
    this.width = width;
  }

  static SimulatedEngine ofVirtualThreads(Simulator simulator) {
    return new SimulatedEngine(simulator, true, Integer.MAX_VALUE);
  }

  /** Behaves as a pool of so many platform threads: the next body has its turn when one has ended. */
  static SimulatedEngine ofPlatformThreads(Simulator simulator, int threads) {
    return new SimulatedEngine(simulator, false, threads);
  }

  boolean isOf(Simulator other) {
    return simulator == other;
  }

  @Override
  public void start(String name, Runnable work) {
    refuseStrangers();
    Job job = new Job(name, work);
    if (running < width) {
      running++;
      launch(job);
    } else {
      queue.add(job);
    }
  }

  private void launch(Job job) {
    simulator.newThread(job.name, () -> {
      try {
        job.work.run();
      } finally {
        ended();
      }
    }).start();
  }

  private void ended() {
    Job next = queue.poll();
    if (next == null) {
      running--;
    } else {
      launch(next);
    }
  }

  @Override
  public Thread newThread(String name, Runnable work) {
    refuseStrangers();
    return simulator.newThread(name, work);
  }

  private void refuseStrangers() {
    if (Simulator.current() != simulator) {
      throw new RejectedExecutionException("The pool belongs to a run of a simulation, and its threads are in no other");
    }
  }

  @Override
  public boolean isVirtual() {
    return virtual;
  }

  @Override
  public int width() {
    return width;
  }

  @Override
  public PoolStats stats(long started, long completed) {
    return new PoolStats(
        virtual ? 0 : width,
        started,
        completed,
        OptionalLong.of(queue.size()),
        OptionalInt.empty(),
        Optional.empty(),
        Optional.empty(),
        0,
        Optional.empty());
  }

  @Override
  public long queued() {
    return queue.size();
  }
}
