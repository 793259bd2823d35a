// SPDX-License-Identifier: Apache-2.0
package io.tidegate.sync;

import io.tidegate.CancellationToken;
import io.tidegate.Waiter;

/** A thread's place in a line: what it has waited for is handed over to it by whoever grants the turn. */
class Turn {
  final Thread thread = Thread.currentThread();
  final Waiter waiter;
  /** Written under the lock of the line, read by the waiting thread. */
  private volatile boolean granted;

  Turn(Object line, CancellationToken token) {
    this.waiter = Waiter.on(line, token);
  }

  /** Grants the turn, under the lock of the line; wake the waiter after it. */
  final void grant() {
    granted = true;
  }

  final boolean isGranted() {
    return granted;
  }
}
