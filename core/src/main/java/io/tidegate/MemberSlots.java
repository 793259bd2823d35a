// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.Simulator;
import io.tidegate.internal.JvmThreads;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tasks, visits and guards in one open gate: places that are taken and given back by one atomic step each, under no lock. The
 * members of each carrier have places of their own, in an array that is replaced by a wider one when many find none.
 */
/*
 *   enter                                    leave                        empty, under the gate's lock
 *   1. reads the gate's level, OPEN, and     1. takes the member out of   1. raises the level, or puts a wider array
 *      the carrier's array                      its place, by CAS            in place of this one
 *   2. puts the member into a free place     2. if it is not there: out   2. takes each member out of its place, and
 *   3. reads both again                         of the list, under the       adds it to the list
 *      the same: inside                         lock
 *      else takes it out again, and goes
 *      by the lock; if it is not there
 *      any more it is in the list: inside
 *
 * S1  A member is taken out once: by its leaver, by its own entering, or by an emptying; each does so by CAS.
 * S2  Who is inside is waited for. Step 2 of entering and step 1 of the emptying are volatile writes, each before a volatile
 *     read of what the other one writes. So entering sees what was changed, or the emptying sees the member. In the first
 *     case it is inside only where the emptying has it in the list.
 * S3  An array is emptied for good by the first raise, and when another one takes its place. A member that comes into it
 *     later has read the level or the array before that was changed, sees it changed then, and is the only one to take itself
 *     out: the lock decides about it. The widest array is not replaced, but may be emptied at any time.
 * S4  While the level is OPEN whoever is inside is in a place of one of the arrays or in the list; above it in the list. Nobody
 *     is moved while one who looks holds the lock.
 * S5  A leaver looks into the array of its carrier as it is now. If it is in another one, or in the list already, it finds
 *     itself in the list: the lock lets it look there only after the emptying has ended.
 *
 * Twins: MemberSlotRaceTest.
 */
final class MemberSlots {
  /** Where a member is that is in none of the places. */
  static final int NO_PLACE = -1;

  /** How many enter a gate by its lock before it has slots: most gates never see so many. */
  static final int CROWD = 32;

  /** How many places a carrier has first, and how many find none before it has more. */
  static final int MIN_WIDTH = 16;

  private static final int MAX_WIDTH = 8192;
  private static final int GROWTH = 4;

  /** At how many places a newcomer looks for a free one. */
  private static final int PROBES = 8;

  /** References at both ends of an array that stay empty: what is one carrier's is two cache lines from what is another's. */
  private static final int MARGIN = 16;

  /** Numbers between two carriers' hints: two cache lines, which the machine may fetch together. */
  private static final int SPACING = 32;

  private static final int STRIPES_LOG2 =
      Math.min(5, Integer.SIZE - Integer.numberOfLeadingZeros(Runtime.getRuntime().availableProcessors()));
  private static final int STRIPES = 1 << STRIPES_LOG2;

  /** The places of each carrier; written under the gate's lock. */
  private final AtomicReferenceArray<AtomicReferenceArray<@Nullable Member>> arrays = new AtomicReferenceArray<>(STRIPES);

  /**
   * For each carrier where to look first, past those who came last: who leaves in the order of coming leaves free places ahead.
   * A hint, written in a race; apart from the array's length, too, which everybody reads.
   */
  private final int[] next = new int[(1 + STRIPES) * SPACING];

  MemberSlots() {
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      arrays.setPlain(stripe, newArray(MIN_WIDTH));
    }
  }

  private static AtomicReferenceArray<@Nullable Member> newArray(int width) {
    return new AtomicReferenceArray<>(width + 2 * MARGIN);
  }

  private static int width(AtomicReferenceArray<?> places) {
    return places.length() - 2 * MARGIN;
  }

  /**
   * Puts a member into a place, and notes there which; says whether it is in one, or in the gate's list meanwhile. Who calls
   * looks at the level of the gate before and afterwards.
   */
  boolean put(Member member) {
    int stripe = JvmThreads.stripe(STRIPES_LOG2);
    AtomicReferenceArray<@Nullable Member> places = arrays.get(stripe);
    Simulator.step("is about to take a place in a gate");
    if (put(member, places, stripe)) {
      Simulator.step("has a place in a gate, is about to look whether that counts");
      if (arrays.get(stripe) == places || !places.compareAndSet(indexOf(member), member, null)) {
        return true;
      }
    }
    member.at(NO_PLACE);
    return false;
  }

  private boolean put(Member member, AtomicReferenceArray<@Nullable Member> places, int stripe) {
    int last = width(places) - 1;
    int first = next[(1 + stripe) * SPACING];
    for (int i = first; i < first + PROBES; i++) {
      int index = MARGIN + (i & last);
      if (places.getPlain(index) == null) {
        member.at(index * STRIPES + stripe);
        if (places.compareAndSet(index, null, member)) {
          next[(1 + stripe) * SPACING] = i + 1;
          return true;
        }
      }
    }
    next[(1 + stripe) * SPACING] = first + PROBES;
    return false;
  }

  private static int indexOf(Member member) {
    return member.place() >>> STRIPES_LOG2;
  }

  /** Takes a member out of the place that it has noted; says whether it was there. */
  boolean take(Member member) {
    AtomicReferenceArray<@Nullable Member> places = arrays.get(member.place() & (STRIPES - 1));
    return places.compareAndSet(indexOf(member), member, null);
  }

  /**
   * Gives the calling carrier more places, or moves those who have one into the list of the gate, whose lock the caller holds;
   * answers how many should find none before the next call.
   */
  int widen(MemberList list) {
    int stripe = JvmThreads.stripe(STRIPES_LOG2);
    AtomicReferenceArray<@Nullable Member> before = arrays.get(stripe);
    int width = Math.min(GROWTH * width(before), MAX_WIDTH);
    if (width(before) < width) {
      arrays.set(stripe, newArray(width));
    }
    empty(before, list);
    return width;
  }

  /** Moves all members into the list of the gate, whose lock the caller holds. */
  void empty(MemberList list) {
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      empty(arrays.get(stripe), list);
    }
  }

  private static void empty(AtomicReferenceArray<@Nullable Member> places, MemberList list) {
    for (int index = MARGIN; index < places.length() - MARGIN; index++) {
      Member member = places.get(index);
      if (member != null && places.compareAndSet(index, member, null)) {
        list.add(member);
      }
    }
  }

  /** Visits those who have a place, for who holds the gate's lock. */
  void forEach(Consumer<? super Member> action) {
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      AtomicReferenceArray<@Nullable Member> places = arrays.get(stripe);
      for (int index = MARGIN; index < places.length() - MARGIN; index++) {
        Member member = places.get(index);
        if (member != null) {
          action.accept(member);
        }
      }
    }
  }
}
