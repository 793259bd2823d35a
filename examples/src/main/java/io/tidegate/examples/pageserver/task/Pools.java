// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.task;

import io.tidegate.carrier.CarrierPool;
import java.util.List;

/** The pools of the process, which {@code top -H} shows by name. They live as long as the process. */
public final class Pools {
  /** For what clients wait for. */
  public static final CarrierPool COMPUTE = CarrierPool.named("compute");

  /** For management, which must work while the others are busy. */
  public static final CarrierPool MGMT = CarrierPool.named("mgmt");

  /** For receiving, checking and ingesting WAL. */
  public static final CarrierPool WALRECEIVER = CarrierPool.named("walreceiver");

  /** For flush and whatever else may be late. */
  public static final CarrierPool BACKGROUND = CarrierPool.named("background");

  /** For writing and reading files, which blocks the OS thread: so many at a time. */
  public static final CarrierPool IO = CarrierPool.platform("io", 4);

  /** For the remote store, which blocks the OS thread for as long as it likes: local files do not wait behind it. */
  public static final CarrierPool REMOTE = CarrierPool.platform("remote", 8);

  private Pools() {}

  /** {@return all of them} */
  public static List<CarrierPool> all() {
    return List.of(COMPUTE, MGMT, WALRECEIVER, BACKGROUND, IO, REMOTE);
  }
}
