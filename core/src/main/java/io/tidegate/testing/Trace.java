// SPDX-License-Identifier: Apache-2.0
package io.tidegate.testing;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;

/** The interleaving of one run, a line for each step; of a long one the last steps only. */
final class Trace {
  private static final int KEPT = 5_000;

  private final Queue<String> lines = new ArrayDeque<>();
  private long dropped;

  /** Notes what a thread does. */
  void add(long step, long nanos, Actor actor, String what) {
    add("%6d  %10s  %-24s %s".formatted(step, seconds(nanos), actor, what));
  }

  /** Notes that time has moved. */
  void timeIs(long nanos) {
    add("        %10s  all wait: time moves on".formatted(seconds(nanos)));
  }

  private void add(String line) {
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
    String head = "  step        time  thread                   what\n";
    String cut = dropped == 0 ? "" : "        (" + dropped + " lines before these are left out)\n";
    return head + cut + String.join("\n", lines) + "\n";
  }
}
