// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import io.tidegate.examples.pageserver.storage.Disk;
import io.tidegate.examples.pageserver.storage.WatchedDisk;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The real disk, which takes no change any more from a chosen step on: what is on it then is what a process leaves that is
 * killed there.
 */
final class CrashingDisk {
  private static final Set<String> CHANGES = Set.of("createFolder", "create", "write", "sync", "rename", "delete", "syncFolder");

  private final AtomicInteger left = new AtomicInteger(Integer.MAX_VALUE);

  /** {@return the disk to use} */
  Disk disk() {
    return WatchedDisk.of(Disk.real(), this::takeStep);
  }

  /** Lets so many changes pass from now on. */
  void crashAfter(int changes) {
    left.set(changes);
  }

  /** {@return whether it takes no change any more} */
  boolean isDown() {
    return left.get() <= 0;
  }

  private void takeStep(String call) throws IOException {
    if (CHANGES.contains(call) && left.getAndUpdate(count -> Math.max(count - 1, 0)) <= 0) {
      throw new IOException("the disk is down");
    }
  }
}
