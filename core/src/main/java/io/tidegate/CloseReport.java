// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a close did: what closed, in what order, how long each took, who was waited for, and who is left.
 *
 * <p>It is a plain value, taken at one moment; {@link #toString} prints it as a tree.
 *
 * @param path the path of the scope or gate
 * @param closed whether it is closed; if not, {@code left} and the children say who is still inside
 * @param elapsed the time from the begin of the closing to its end, or to this report
 * @param steps the drain and close steps, in the order in which they ran
 * @param waitedFor those who left after the closing had begun, in the order in which they left; the last 32 of them
 * @param waitedForCount how many left after the closing had begun
 * @param left who is still inside this one, its children not counted
 * @param children the reports of those below, in the order in which they closed, the open ones last
 */
public record CloseReport(
    String path,
    boolean closed,
    Duration elapsed,
    List<Step> steps,
    List<Departure> waitedFor,
    int waitedForCount,
    List<Holder> left,
    List<CloseReport> children) {
  /** How a step ended. */
  public enum Outcome {
    /** It came to its end. */
    DONE,
    /** It threw an exception. */
    FAILED,
    /** It had not ended when its time was over, or the scope was closed the hard way meanwhile. */
    OVERRAN
  }

  /**
   * One drain step or close step.
   *
   * @param name the name it was added under
   * @param outcome how it ended
   * @param elapsed how long it took, or had taken when it was given up
   * @param failure what it threw, if it failed
   */
  public record Step(String name, Outcome outcome, Duration elapsed, @Nullable Throwable failure) {}

  /**
   * One who left while the close waited.
   *
   * @param name the name of the holder
   * @param kind the kind of the task; empty for others
   * @param after how long after the begin of the closing it left
   */
  public record Departure(String name, String kind, Duration after) {}

  /** Makes a report; the lists are copied. */
  public CloseReport {
    steps = List.copyOf(steps);
    waitedFor = List.copyOf(waitedFor);
    left = List.copyOf(left);
    children = List.copyOf(children);
  }

  /** {@return whether everything closed, and every step of this one and of those below was done} */
  public boolean isOrderly() {
    return closed
        && steps.stream().allMatch(step -> step.outcome == Outcome.DONE)
        && children.stream().allMatch(CloseReport::isOrderly);
  }

  /** Prints the report as a tree, one line for each scope, step and holder. */
  @Override
  public String toString() {
    StringBuilder tree = new StringBuilder();
    print(tree, "");
    return tree.toString();
  }

  private void print(StringBuilder tree, String indent) {
    tree.append(indent).append(indent.isEmpty() ? path : path.substring(path.lastIndexOf('/') + 1));
    tree.append(closed ? "  closed in " : "  STILL CLOSING after ").append(millis(elapsed)).append('\n');
    String deeper = indent + "  ";
    for (Step step : steps) {
      tree.append(deeper).append("step \"").append(step.name).append("\"  ");
      tree.append(step.outcome.name().toLowerCase(Locale.ROOT)).append(" in ").append(millis(step.elapsed));
      if (step.failure != null) {
        tree.append(": ").append(step.failure);
      }
      tree.append('\n');
    }
    children.forEach(child -> child.print(tree, deeper));
    if (waitedForCount > waitedFor.size()) {
      tree.append(deeper).append("waited for ").append(waitedForCount - waitedFor.size()).append(" others before\n");
    }
    for (Departure departure : waitedFor) {
      tree.append(deeper).append("waited for ").append(departure.name);
      tree.append(", which left after ").append(millis(departure.after)).append('\n');
    }
    left.forEach(holder -> tree.append(deeper).append("LEFT INSIDE ").append(holder).append('\n'));
  }

  /** Writes a duration as people read it: {@code 0.3 ms}, {@code 12 ms}, {@code 1.25 s}, {@code 3 min 5 s}. */
  static String millis(Duration duration) {
    double millis = duration.toNanos() / 1e6;
    if (millis < 10) {
      return String.format(Locale.ROOT, "%.1f ms", millis);
    }
    if (millis < 1_000) {
      return String.format(Locale.ROOT, "%.0f ms", millis);
    }
    if (millis < 60_000) {
      return String.format(Locale.ROOT, "%.2f s", millis / 1_000);
    }
    return duration.toMinutes() + " min " + duration.toSecondsPart() + " s";
  }
}
