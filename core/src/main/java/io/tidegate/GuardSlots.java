// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.internal.JvmThreads;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The guards of one gate while it is open: places that are taken and given back by one atomic step each, under no lock. Those
 * of different carriers are apart.
 */
/*
 *   enter                                  leave                        the first raise of the level, under the gate's lock
 *   1. reads the level: OPEN               1. takes the guard out of    1. raises the level
 *   2. puts the guard into a free place       its place, by CAS         2. takes each guard out of its place, and adds it to
 *   3. reads the level again               2. if it is not there: out      the list
 *      OPEN: inside                           of the list, under the
 *      else takes it out again, and goes      lock
 *      by the lock; if it is not there
 *      any more it is in the list: inside
 *
 * S1  A guard is taken out once: by its leaver, by its own entering, or by the raise; each does so by CAS.
 * S2  Who is inside is waited for. Step 2 of entering and step 1 of the raise are volatile writes, each before a volatile
 *     read of what the other one writes. So entering sees the level raised, or the raise sees the guard. In the first case it
 *     is inside only where the raise has it in the list.
 * S3  Only the first raise empties the places. A guard that comes into one later has seen the level OPEN before it was
 *     raised, sees it raised then, and is the only one to take itself out: the lock decides about it.
 * S4  While the level is OPEN whoever is inside is in a place or in the list; above it in the list.
 *
 * Twin: GuardSlotRaceTest.
 */
final class GuardSlots {
  /** Guards of one carrier that have a place; more than that go by the lock. */
  private static final int WIDTH = 16;

  /** References between two carriers' places: two cache lines, which the machine may fetch together. */
  private static final int SPACING = 32;

  private static final int STRIPES_LOG2 =
      Math.min(5, Integer.SIZE - Integer.numberOfLeadingZeros(Runtime.getRuntime().availableProcessors()));

  /** The first places stay empty: they may share a cache line with the array's length, which everybody reads. */
  private final AtomicReferenceArray<@Nullable GuardImpl> places =
      new AtomicReferenceArray<>(SPACING + (1 << STRIPES_LOG2) * SPACING);

  /** Puts a guard into a free place, and notes there which; says whether there was one. */
  boolean put(GuardImpl guard) {
    int first = SPACING + JvmThreads.stripe(STRIPES_LOG2) * SPACING;
    for (int place = first; place < first + WIDTH; place++) {
      if (places.getPlain(place) == null) {
        guard.at(place);
        if (places.compareAndSet(place, null, guard)) {
          return true;
        }
      }
    }
    guard.at(GuardImpl.NO_PLACE);
    return false;
  }

  /** Takes a guard out of the place that it has noted; says whether it was there. */
  boolean take(GuardImpl guard) {
    return places.compareAndSet(guard.place(), guard, null);
  }

  /** Moves all guards into the list of the gate, whose lock the caller holds. */
  void drainTo(MemberList list) {
    for (int place = SPACING; place < places.length(); place++) {
      GuardImpl guard = places.get(place);
      if (guard != null && places.compareAndSet(place, guard, null)) {
        list.add(guard);
      }
    }
  }

  void forEach(Consumer<? super GuardImpl> action) {
    for (int place = SPACING; place < places.length(); place++) {
      GuardImpl guard = places.get(place);
      if (guard != null) {
        action.accept(guard);
      }
    }
  }
}
