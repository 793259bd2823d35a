// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * The interleaving of one run, a line for each step, with a mark where another thread goes on; of a long one its end
 * only.
 */
final class Trace {
  private static final int KEPT = 5_000;

  private final Queue<Line> lines = new ArrayDeque<>();
  private long dropped;

  private record Line(long step, long nanos, String thread, String what) {
    boolean isStep() {
      return !thread.isEmpty();
    }

    String format(String before) {
      return isStep()
          ? "%s%6d  %10s  %-24s %s".formatted(thread.equals(before) ? " " : ">", step, seconds(nanos), thread, what)
          : "         %10s  %s".formatted(seconds(nanos), what);
    }
  }

  /** Notes what a thread does. */
  void add(long step, long nanos, Actor actor, String what) {
    add(new Line(step, nanos, actor.toString(), what));
  }

  /** Notes that time has moved. */
  void timeIs(long nanos) {
    add(new Line(0, nanos, "", "all wait: time moves on"));
  }

  private void add(Line line) {
    if (lines.size() == KEPT) {
      lines.remove();
      dropped++;
    }
    lines.add(line);
  }

  /** Prints a time of the run, in seconds. */
  static String seconds(long nanos) {
    Duration time = Duration.ofNanos(nanos);
    long micros = time.toNanosPart() / 1_000;
    return micros == 0 ? time.toSeconds() + " s" : time.toSeconds() + "." + digits(micros) + " s";
  }

  private static String digits(long micros) {
    String six = Long.toString(1_000_000 + micros).substring(1);
    int end = six.length();
    while (six.charAt(end - 1) == '0') {
      end--;
    }
    return six.substring(0, end);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("   step        time  thread                   what\n");
    if (dropped > 0) {
      text.append("        (").append(dropped).append(" lines before these are left out)\n");
    }
    String before = "";
    for (Line line : lines) {
      text.append(line.format(before)).append('\n');
      before = line.isStep() ? line.thread : before;
    }
    return text.toString();
  }
}
