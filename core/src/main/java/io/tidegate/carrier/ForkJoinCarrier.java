// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import org.jspecify.annotations.Nullable;

/** A carrier of virtual threads, named {@code <pool>-<number>} with the lowest number that is free. */
final class ForkJoinCarrier extends ForkJoinWorkerThread {
  private final Carrier carrier = new Carrier(this);

  ForkJoinCarrier(ForkJoinPool pool) {
    // Thread locals are kept between tasks: the JDK caches the buffers of socket I/O in its carriers'.
    super(Carrier.rootGroup(), pool, true);
    setName(carriers().label());
    // Else it would be that of whoever's work happened to need this carrier, for as long as the carrier lives.
    setContextClassLoader(ClassLoader.getSystemClassLoader());
  }

  /** Takes a number and with it the name: here and not in the constructor, as a thread may fail to start. */
  @Override
  protected void onStart() {
    setName(carriers().label() + "-" + carriers().roll().add(carrier));
  }

  @Override
  protected void onTermination(@Nullable Throwable exception) {
    carriers().roll().remove(carrier);
  }

  Carrier carrier() {
    return carrier;
  }

  Carriers carriers() {
    return (Carriers) getPool();
  }
}
