// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.CarrierPool;
import org.jspecify.annotations.Nullable;

/** A member that a thread is inside of while it runs: a task or a visit, perhaps within another. */
abstract class Stay extends Member {
  /** Written by the staying thread before it runs user code; read by those who look at the holders. */
  private volatile @Nullable Thread thread;
  /** What the staying thread waits for, told in its outermost stay only; written by that thread, read by any. */
  private volatile @Nullable WaitsFor waitsFor;

  Stay(@Nullable GateImpl gate) {
    super(gate);
  }

  /** The one that its thread was in when it came here, whether it has left that or not. */
  @Nullable Stay around() {
    return null;
  }

  /** The next one outwards that its thread has not left. */
  final @Nullable Stay outer() {
    Stay stay = around();
    while (stay != null && stay.hasLeft()) {
      stay = stay.around();
    }
    return stay;
  }

  /** The one that all others of its thread are in; that thread may have left it. */
  final Stay outermost() {
    Stay stay = this;
    for (Stay around = around(); around != null; around = around.around()) {
      stay = around;
    }
    return stay;
  }

  final void waitsFor(@Nullable WaitsFor wait) {
    waitsFor = wait;
  }

  @Override
  final @Nullable WaitsFor waitsFor() {
    return hasLeft() ? null : outermost().waitsFor;
  }

  /** Whether others may wait until it leaves; asked by its thread, see {@link WaitsFor}. */
  boolean mayBeWaitedFor() {
    return inGate() && gate().level() >= GateImpl.DRAINING;
  }

  final void runsOn(Thread running) {
    thread = running;
  }

  @Override
  final @Nullable Thread thread() {
    return thread;
  }

  /** The token that waits of the staying thread answer to. */
  abstract TokenNode token();

  /** The pool by whose clock the staying thread waits; null if it is that of the next one outwards. */
  @Nullable CarrierPool pool() {
    return null;
  }

  /** Whether it has left its gate though its thread still has it as the current one. */
  boolean hasLeft() {
    return false;
  }
}
