// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.Simulator;
import io.tidegate.internal.JvmThreads;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Tasks, visits and guards in one gate that many enter: places that are taken and given back under no lock. The members of each
 * carrier have places of their own, in arrays that are added when many find none. When the gate begins to close, those who are
 * inside are counted, and the last one to leave knows that it is the last.
 */
/*
 * Each member notes where it is, in a word that changes by CAS, see Member.place:
 *
 *   from       to          by                                                      when
 *   NO_PLACE   p           its own entering                                        before it is put into place p
 *   p          NO_PLACE    its own entering, which goes by the lock then           the gate is seen closing
 *   p          NO_PLACE    its leaver
 *   p          NO_PLACE    who makes room, and adds it to the gate's list          under the gate's lock
 *   p          counted p   the first raise of the gate's level                     under the gate's lock, after the raise
 *   NO_PLACE   counted p   the same, which takes it out of the gate's list         the same
 *   counted p  LEAVING     its leaver
 *
 *   enter                                    leave                        begin to close, under the gate's lock
 *   1. reads the gate's level: OPEN          1. p to NO_PLACE, or         1. raises the level
 *   2. notes p, and puts itself there           counted p to LEAVING      2. counts each member that it finds in a place;
 *   3. reads the level again                 2. was it counted: is           who is in the list gets a place, and is counted
 *      OPEN: inside                             written down
 *      else p to NO_PLACE; if that works     3. clears its place
 *      it clears its place, and goes by      4. was it counted: counts
 *      the lock; if not it is inside            down, and looks whether
 *                                               it is the last
 *                                            else, if 1 fails: by the
 *                                            lock, out of the list
 *
 * S1  A member leaves a state once, whoever does it: each way out of p, and out of counted p, is one CAS on one word. A place is
 *     cleared by who did that and by nobody else, and so it is not given to another one before.
 * S2  Who is inside is waited for. Step 2 of entering and step 1 of the closing are volatile writes, each before a volatile
 *     read of what the other one writes. So entering sees the raise, or it is found in its place. If both, the CAS decides: it
 *     is counted, and inside, or it goes by the lock.
 * S3  While the level is OPEN whoever is inside is in a place or in the list. Above it those are who were counted and have not
 *     cleared their place, and who came to the list later. While it is OPEN nobody is moved but under the lock, and above it
 *     nobody is.
 * S4  Who counts down to 0 is the last of those who were counted: they all are before the raise ends, and nobody later. It then
 *     looks under the lock whether the list is empty as well. Who leaves while others are being counted may make the count
 *     negative, and finds no 0 where it is the last: so who begins to close looks as well, when all are counted.
 *
 * Twins: MemberSlotRaceTest.
 */
final class MemberSlots {
  /** Of a member that is in none of the places, the margins leave this one out: it is in the gate's list, or not inside. */
  static final int NO_PLACE = 0;

  /** Of a member that was counted and is about to clear its place. */
  private static final int LEAVING = -1;

  /** Added to the place of a member that was counted. */
  private static final int COUNTED = 1 << 30;

  /** How many enter a gate by its lock before it has slots: most gates never see so many. */
  static final int CROWD = 32;

  /** How many places a carrier has first, and how many find none before it has more. */
  static final int MIN_WIDTH = 16;

  /** How many arrays a carrier may have, each so much wider than the one before. */
  private static final int ARRAYS = 4;
  private static final int GROWTH_LOG2 = 3;

  /** How many find no place, and go by the lock, before a carrier gets a further array. */
  private static final int PATIENCE = 64;

  /** At how many places a newcomer looks for a free one. */
  private static final int PROBES = 8;

  /** References at both ends of an array that stay empty: what is one carrier's is two cache lines from what is another's. */
  private static final int MARGIN = 16;

  /** Numbers between two carriers' hints: two cache lines, which the machine may fetch together. */
  private static final int SPACING = 32;

  private static final int STRIPES_LOG2 =
      Math.min(5, Integer.SIZE - Integer.numberOfLeadingZeros(Runtime.getRuntime().availableProcessors()));
  private static final int STRIPES = 1 << STRIPES_LOG2;

  /** The number of the array for those who were in the list when the closing began, after those of the carriers. */
  private static final int LISTED = ARRAYS * STRIPES;

  /** A place is the number of its array in the low bits, and the index in it. */
  private static final int NUMBER_LOG2 = Integer.SIZE - Integer.numberOfLeadingZeros(LISTED);

  /** So many of the list get a place: the others, if there ever are as many, leave by the lock. */
  private static final int MAX_LISTED = (COUNTED >> NUMBER_LOG2) - 2 * MARGIN;

  /** The arrays: the first of each carrier, the second ones, and so on. Written under the gate's lock, once each. */
  private final AtomicReferenceArray<@Nullable AtomicReferenceArray<@Nullable Member>> arrays =
      new AtomicReferenceArray<>(LISTED + 1);

  /**
   * For each carrier the number of its newest array, and where to look there first: past those who came last, for who leaves in
   * the order of coming leaves free places ahead. Hints, written in a race; apart from the length, too, which everybody reads.
   */
  private final int[] hints = new int[(1 + STRIPES) * SPACING];

  /** How many were counted and have not left; below 0 while some are being counted. */
  private final AtomicInteger counted = new AtomicInteger();

  /** The number of the first array that no carrier gets. */
  private final int end;

  MemberSlots() {
    this(ARRAYS);
  }

  /** Makes places of which a carrier has so many arrays at most. */
  MemberSlots(int arraysOfACarrier) {
    end = arraysOfACarrier * STRIPES;
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      add(stripe, stripe, MIN_WIDTH);
    }
  }

  private void add(int stripe, int number, int width) {
    arrays.set(number, newArray(width));
    hints[newest(stripe)] = number;
  }

  private static int newest(int stripe) {
    return (1 + stripe) * SPACING;
  }

  private static int first(int stripe) {
    return (1 + stripe) * SPACING + 1;
  }

  private static AtomicReferenceArray<@Nullable Member> newArray(int width) {
    return new AtomicReferenceArray<>(width + 2 * MARGIN);
  }

  private static int widthOf(int number) {
    return MIN_WIDTH << (GROWTH_LOG2 * (number >>> STRIPES_LOG2));
  }

  private static int place(int number, int index) {
    return (index << NUMBER_LOG2) + number;
  }

  // ---- entering and leaving

  /** Puts a member into a place, and notes there which; who calls looks at the gate's level before and afterwards. */
  boolean put(Member member) {
    int stripe = JvmThreads.stripe(STRIPES_LOG2);
    int number = hints[newest(stripe)];
    AtomicReferenceArray<@Nullable Member> places = arrays.get(number);
    Simulator.step("is about to take a place in a gate");
    return places != null && put(member, places, number, first(stripe));
  }

  private boolean put(Member member, AtomicReferenceArray<@Nullable Member> places, int number, int hint) {
    int last = places.length() - 2 * MARGIN - 1;
    int first = hints[hint];
    for (int i = first; i < first + PROBES; i++) {
      int index = MARGIN + (i & last);
      if (places.getPlain(index) == null) {
        member.at(place(number, index));
        if (places.compareAndSet(index, null, member)) {
          hints[hint] = i + 1;
          return true;
        }
      }
    }
    hints[hint] = first + PROBES;
    member.at(NO_PLACE);
    return false;
  }

  /** Takes a member out of its place, if it is in one and was not counted; says whether it was. */
  boolean take(Member member) {
    int place = member.place();
    if (place <= NO_PLACE || place >= COUNTED || !member.moves(place, NO_PLACE)) {
      return false;
    }
    Simulator.step("has left its place in a gate, is about to clear it");
    clear(place);
    return true;
  }

  /** Claims the leaving of a member that was counted; answers its place for {@link #countDown}, or NO_PLACE if it was not. */
  int claim(Member member) {
    int place = member.place();
    return place >= COUNTED && member.moves(place, LEAVING) ? place - COUNTED : NO_PLACE;
  }

  /** Clears the place of a member whose leaving was claimed; says whether it was the last one. */
  boolean countDown(int place) {
    clear(place);
    Simulator.step("has cleared its place in a closing gate, is about to count down");
    return counted.decrementAndGet() == 0;
  }

  private void clear(int place) {
    Objects.requireNonNull(arrays.get(place & ((1 << NUMBER_LOG2) - 1))).setRelease(place >>> NUMBER_LOG2, null);
  }

  // ---- under the gate's lock

  /**
   * Makes room for the members of the calling carrier: adds an array, or takes those who are in the widest into the list;
   * answers how many should find no place before the next call.
   */
  int widen(MemberList list) {
    int stripe = JvmThreads.stripe(STRIPES_LOG2);
    int number = hints[newest(stripe)];
    int next = number + STRIPES;
    if (next < end) {
      add(stripe, next, widthOf(next));
      return PATIENCE;
    }
    forEach(number, (member, place) -> {
      if (member.moves(place, NO_PLACE)) {
        clear(place);
        list.add(member);
      }
    });
    return widthOf(number);
  }

  /** Counts those who are inside, after the first raise; those in the list have places from then on. */
  void count(MemberList list) {
    int[] found = {placeListed(list)};
    for (int number = 0; number < LISTED; number++) {
      forEach(number, (member, place) -> found[0] += member.moves(place, COUNTED + place) ? 1 : 0);
    }
    counted.addAndGet(found[0]);
  }

  private int placeListed(MemberList list) {
    List<Member> moved = new ArrayList<>();
    list.forEach(member -> {
      if (!(member instanceof GateImpl) && moved.size() < MAX_LISTED) {
        moved.add(member);
      }
    });
    AtomicReferenceArray<@Nullable Member> places = newArray(moved.size());
    arrays.set(LISTED, places);
    for (int i = 0; i < moved.size(); i++) {
      Member member = moved.get(i);
      list.remove(member);
      places.setPlain(MARGIN + i, member);
      member.moves(NO_PLACE, COUNTED + place(LISTED, MARGIN + i));
    }
    return moved.size();
  }

  /** Whether anybody who was counted has not left; says so for certain to who holds the lock. */
  boolean hasCounted() {
    return counted.get() != 0;
  }

  /** Visits those who have a place in an open gate. */
  void forEach(Consumer<? super Member> action) {
    for (int number = 0; number < LISTED; number++) {
      forEach(number, (member, place) -> action.accept(member));
    }
  }

  /** Visits those who were counted and have not left; under the lock or, as they are not moved any more, under none. */
  void forEachCounted(Consumer<? super Member> action) {
    for (int number = 0; number <= LISTED; number++) {
      forEach(number, (member, place) -> {
        int now = member.place();
        if (now >= COUNTED || now == LEAVING) {
          action.accept(member);
        }
      });
    }
  }

  private void forEach(int number, ObjIntConsumer<Member> action) {
    AtomicReferenceArray<@Nullable Member> places = arrays.get(number);
    for (int index = MARGIN; places != null && index < places.length() - MARGIN; index++) {
      Member member = places.get(index);
      if (member != null) {
        action.accept(member, place(number, index));
      }
    }
  }
}
