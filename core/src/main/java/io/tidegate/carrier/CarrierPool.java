// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.util.concurrent.ThreadFactory;

/** Supplies threads, and their clock, for one class of work. */
public interface CarrierPool extends AutoCloseable {
  /** {@return the pool's name, with which the names of its carriers start} */
  String name();

  /** {@return the factory of this pool's threads; every call returns the same one} */
  ThreadFactory factory();

  /** {@return the clock by which this pool's threads wait} */
  PoolClock clock();

  @Override
  void close();
}
