// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static java.lang.invoke.MethodHandles.lookup;

import io.tidegate.carrier.PoolClock;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** What is written down while one gate closes, for the report. Its monitor guards it, but for who leaves: many do at once. */
final class CloseLog {
  private static final VarHandle LEAVERS =
      ConstantBootstraps.fieldVarHandle(lookup(), "leavers", VarHandle.class, CloseLog.class, AtomicReferenceArray.class);

  /** How many of those who left are kept by name. */
  private static final int DEPARTURES = 32;

  private final String name;
  private final String closer;
  private final PoolClock clock;
  private final long begunNanos;
  /** Null until somebody waits for the closing: most gates are closed at once. Written under the monitor; any thread. */
  private volatile @Nullable SlowStory story;
  /** Null while there are none: of most closings there is nothing to say. */
  private @Nullable List<CloseReport.Step> steps;
  /** Null while there are none. */
  private @Nullable List<CloseLog> children;
  /** How many have left. */
  private final AtomicInteger departed = new AtomicInteger();
  /** Who left last, each at its number, modulo; null until somebody has, and when the gate is closed. Any thread. */
  private volatile @Nullable AtomicReferenceArray<@Nullable Leaver> leavers;
  /** Who left last, from when the gate is closed. */
  private List<CloseReport.Departure> departures = List.of();
  private @Nullable Duration elapsed;

  /** One who left; named when somebody asks, for of many who leave few are told of. */
  private record Leaver(int number, Member member, long nanos) {
    static Leaver later(@Nullable Leaver one, Leaver other) {
      return one == null || one.number - other.number < 0 ? other : one;
    }
  }

  CloseLog(String name, String closer, PoolClock clock, long begunNanos) {
    this.name = name;
    this.closer = closer;
    this.clock = clock;
    this.begunNanos = begunNanos;
  }

  String name() {
    return name;
  }

  /** Who began the closing, as a {@link CancelReason} names its source. */
  String closer() {
    return closer;
  }

  /** The story of this closing, for one that waits for it. */
  synchronized SlowStory story() {
    SlowStory present = story;
    if (present == null) {
      present = new SlowStory(clock, begunNanos);
      story = present;
    }
    return present;
  }

  /** Null if nobody has waited: then nothing has been told, and who waits from now on sees what the caller has done. */
  @Nullable SlowStory storyIfAny() {
    return story;
  }

  /** Writes down that a member leaves, before the gate is seen without it. Any thread, under any locks. */
  void left(Member member) {
    Leaver leaver = new Leaver(departed.getAndIncrement(), member, clock.nanoTime());
    leavers().accumulateAndGet(leaver.number & (DEPARTURES - 1), leaver, Leaver::later);
  }

  private AtomicReferenceArray<@Nullable Leaver> leavers() {
    AtomicReferenceArray<@Nullable Leaver> present = leavers;
    if (present == null) {
      LEAVERS.compareAndSet(this, null, new AtomicReferenceArray<@Nullable Leaver>(DEPARTURES));
      present = Objects.requireNonNull(leavers);
    }
    return present;
  }

  synchronized void add(CloseReport.Step step) {
    if (steps == null) {
      steps = new ArrayList<>();
    }
    steps.add(step);
  }

  synchronized void add(CloseLog child) {
    if (children == null) {
      children = new ArrayList<>();
    }
    children.add(child);
  }

  /** Writes down that the gate is closed, and returns how long that took. All who left have been written down. */
  synchronized Duration closed() {
    departures = departures();
    leavers = null;
    elapsed = sinceBegin();
    return elapsed;
  }

  int departed() {
    return departed.get();
  }

  synchronized int stepsNotDone() {
    return (int) copy(steps).stream().filter(step -> step.outcome() != CloseReport.Outcome.DONE).count();
  }

  Duration sinceBegin() {
    return since(clock.nanoTime());
  }

  private Duration since(long nanos) {
    return Duration.ofNanos(nanos - begunNanos);
  }

  /** What was written down for the gates below that are closed. */
  synchronized List<CloseLog> endedChildren() {
    return copy(children);
  }

  private static <T> List<T> copy(@Nullable List<T> found) {
    return found == null ? List.of() : List.copyOf(found);
  }

  /** Those who left last, in the order of their leaving. */
  private List<CloseReport.Departure> departures() {
    AtomicReferenceArray<@Nullable Leaver> present = leavers;
    if (present == null) {
      return departures;
    }
    List<CloseReport.Departure> found = new ArrayList<>();
    int from = Math.max(0, departed() - DEPARTURES);
    for (int i = from; i < from + DEPARTURES; i++) {
      Leaver leaver = present.get(i & (DEPARTURES - 1));
      if (leaver != null) {
        Member member = leaver.member;
        found.add(new CloseReport.Departure(member.holderName(), member.kindName(), since(leaver.nanos)));
      }
    }
    return List.copyOf(found);
  }

  /** The report of what was seen, with those who are still inside, and with the reports of those below. */
  synchronized CloseReport report(String path, List<Holder> left, List<CloseReport> reports) {
    boolean closed = elapsed != null;
    return new CloseReport(
        path,
        closed,
        elapsed != null ? elapsed : sinceBegin(),
        copy(steps),
        departures(),
        departed(),
        closed ? List.of() : left,
        reports);
  }
}
