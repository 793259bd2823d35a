// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.util.concurrent.ThreadFactory;

/** The pool of everybody: the JDK's scheduler under the API of a pool. */
final class SharedPool implements CarrierPool {
  static final SharedPool INSTANCE = new SharedPool();

  private static final Isolation ISOLATION =
      new Isolation(Isolation.Mode.SHARED, "the pool of everybody is the JDK's scheduler");

  private final PoolThreads threads = new PoolThreads(this, new JdkEngine());

  private SharedPool() {}

  @Override
  public String name() {
    return "shared";
  }

  @Override
  public void start(String name, Runnable body) {
    threads.start(name, body);
  }

  @Override
  public ThreadFactory factory() {
    return threads;
  }

  @Override
  public PoolClock clock() {
    return Simulator.clockOfThisThread();
  }

  @Override
  public Isolation isolation() {
    return ISOLATION;
  }

  @Override
  public PoolStats stats() {
    return threads.here().stats();
  }

  @Override
  public boolean isClosed() {
    return false;
  }

  @Override
  public void close() {
    throw new IllegalStateException("The shared pool belongs to the whole process: it cannot be closed");
  }

  @Override
  public String toString() {
    return PoolText.of(this, "OPEN");
  }
}
