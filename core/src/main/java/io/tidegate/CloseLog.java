// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import io.tidegate.carrier.PoolClock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is written down while one gate closes, for the report. Its monitor guards it. */
final class CloseLog {
  /** How many of those who left are kept by name. */
  private static final int DEPARTURES = 32;

  private final String name;
  private final String closer;
  private final PoolClock clock;
  private final long begunNanos;
  private final SlowStory story;
  private final List<CloseReport.Step> steps = new ArrayList<>();
  private final ArrayDeque<CloseReport.Departure> departures = new ArrayDeque<>(1);
  private final List<CloseLog> children = new ArrayList<>();
  private int departed;
  private @Nullable Duration elapsed;

  CloseLog(String name, String closer, PoolClock clock, long begunNanos) {
    this.name = name;
    this.closer = closer;
    this.clock = clock;
    this.begunNanos = begunNanos;
    this.story = new SlowStory(clock, begunNanos);
  }

  String name() {
    return name;
  }

  /** Who began the closing, as a {@link CancelReason} names its source. */
  String closer() {
    return closer;
  }

  SlowStory story() {
    return story;
  }

  synchronized void left(Member member) {
    departed++;
    if (departures.size() == DEPARTURES) {
      departures.removeFirst();
    }
    departures.addLast(new CloseReport.Departure(member.holderName(), member.kindName(), sinceBegin()));
  }

  synchronized void add(CloseReport.Step step) {
    steps.add(step);
  }

  synchronized void add(CloseLog child) {
    children.add(child);
  }

  /** Writes down that the gate is closed, and returns how long that took. */
  synchronized Duration closed() {
    elapsed = sinceBegin();
    return elapsed;
  }

  synchronized int departed() {
    return departed;
  }

  synchronized int stepsNotDone() {
    return (int) steps.stream().filter(step -> step.outcome() != CloseReport.Outcome.DONE).count();
  }

  Duration sinceBegin() {
    return Duration.ofNanos(clock.nanoTime() - begunNanos);
  }

  /** What was written down for the gates below that are closed. */
  synchronized List<CloseLog> endedChildren() {
    return List.copyOf(children);
  }

  /** The report of what was seen, with those who are still inside, and with the reports of those below. */
  synchronized CloseReport report(String path, List<Holder> left, List<CloseReport> reports) {
    boolean closed = elapsed != null;
    return new CloseReport(
        path,
        closed,
        elapsed != null ? elapsed : sinceBegin(),
        steps,
        List.copyOf(departures),
        departed,
        closed ? List.of() : left,
        reports);
  }
}
