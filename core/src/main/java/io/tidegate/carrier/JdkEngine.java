// SPDX-License-Identifier: Apache-2.0
package io.tidegate.carrier;

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
}
