// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One entry of a gate's list: a guard, a task, a visit, or a gate below it. */
abstract class Member {
  /** Where this is a member; null for a root gate, and for what is in no gate. */
  private final @Nullable GateImpl gate;
  /** Neighbours in the gate's list; guarded by its lock, null at its ends and while not in it. */
  @Nullable Member previous;

  @Nullable Member next;
  /** Written once, before the entry is in the list. */
  private long sinceNanos;
  /** Where it was put, see MemberSlots; written by who enters, before others know the member. */
  private int place = MemberSlots.NO_PLACE;

  Member(@Nullable GateImpl gate) {
    this.gate = gate;
  }

  final boolean inGate() {
    return gate != null;
  }

  final GateImpl gate() {
    return Objects.requireNonNull(gate);
  }

  final void enteredAt(long nanos) {
    sinceNanos = nanos;
  }

  final long sinceNanos() {
    return sinceNanos;
  }

  final void at(int taken) {
    place = taken;
  }

  final int place() {
    return place;
  }

  abstract String holderName();

  String kindName() {
    return "";
  }

  String note() {
    return "";
  }

  /** Whether reports name it among those who left: others have a line of their own there. */
  boolean isWaitedFor() {
    return true;
  }

  /** The thread that this member stands for, if it stands for one. */
  @Nullable Thread thread() {
    return null;
  }

  /** What has to come before this member leaves, if its thread tells. */
  @Nullable WaitsFor waitsFor() {
    return null;
  }

  /** Names it, and whose it is, in the story of a cycle of waits. */
  String inWaits() {
    return toString();
  }
}
