// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.concurrent.atomic.AtomicInteger;

/** A callback on the token of a node's scope, which must be told once, or withdrawn. */
final class SoakListener implements Runnable {
  private final SoakNode node;
  private final AtomicInteger outcomes = new AtomicInteger();
  private final Registration registration;
  /** Whether the scope was not closing when it was registered; else it may be dropped, told to nobody. */
  private final boolean inTime;
  private volatile boolean withdrawing;

  /** Registers it; {@code inside} says that the calling thread keeps the scope from being closed. */
  SoakListener(SoakNode node, boolean onChild, boolean inside) {
    this.node = node;
    CancellationToken token = node.scope.token();
    this.registration = (onChild ? token.child() : token).onCancel(this);
    this.inTime = inside || !node.scope.isClosing();
  }

  @Override
  public void run() {
    node.inside(outcomes::incrementAndGet);
  }

  /** Called once. */
  void withdraw() {
    withdrawing = true;
    if (registration.close()) {
      outcomes.incrementAndGet();
      node.expect(!registration.close(), "a listener was withdrawn twice");
    }
    withdrawing = false;
  }

  /** The scope is closed: it has been told, unless it was withdrawn. */
  void check() {
    SideThread.until(() -> !withdrawing);
    int found = outcomes.get();
    node.expect(inTime ? found == 1 : found <= 1, () -> "a listener had " + found + " outcomes");
  }
}
