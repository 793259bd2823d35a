// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** The JDK's own scheduler, which belongs to the whole process. */
final class JdkEngine implements PoolEngine {
  @Override
  public Thread newThread(String name, Runnable work) {
    return CarrierStart.newJdkThread(name, work);
  }

  @Override
  public PoolStats stats(long started, long completed) {
    return new PoolStats(
        0,
        started,
        completed,
        OptionalLong.empty(),
        OptionalInt.empty(),
        Optional.empty(),
        Optional.empty(),
        0,
        Optional.empty());
  }

  @Override
  public long queued() {
    return 0;
  }

  @Override
  public long waitedNanos(long nowNanos) {
    return 0;
  }

  @Override
  public List<Occupant> occupants() {
    return List.of();
  }

  @Override
  public boolean end(Duration limit) {
    return true;
  }
}
