// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;

/** Joins tasks none of which may have failed. */
final class Joined {
  private Joined() {}

  static void all(List<? extends Task<?>> tasks) throws InterruptedException {
    for (Task<?> task : tasks) {
      task.join();
      assertEquals(Optional.empty(), task.exception());
    }
  }
}
