// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static java.lang.invoke.MethodHandles.lookup;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One entry of a gate's list: a guard, a task, a visit, or a gate below it. */
abstract class Member {
  private static final VarHandle PLACE =
      ConstantBootstraps.fieldVarHandle(lookup(), "place", VarHandle.class, Member.class, int.class);

  /** Where this is a member; null for a root gate, and for what is in no gate. */
  private final @Nullable GateImpl gate;
  /** Neighbours in the gate's list; guarded by its lock, null at its ends and while not in it. */
  @Nullable Member previous;

  @Nullable Member next;
  /** Written once, before the entry is in the list; of a gate never. */
  private long sinceNanos;
  /** Where it is, see MemberSlots. Written by who enters it, before others know it; then changed by CAS, by any thread. */
  private volatile int place;

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

  /** Notes where it is about to be put, before others know it. */
  final void at(int taken) {
    PLACE.set(this, taken);
  }

  final int place() {
    return place;
  }

  /** Notes that it is somewhere else; says whether it was where the caller thinks. */
  final boolean moves(int from, int to) {
    return PLACE.compareAndSet(this, from, to);
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
