// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
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
  private static final int DEEPEST_INDENT = 50;

  /** When a step runs. */
  public enum Stage {
    /** Before the child scopes drain, and before the tasks are waited for. */
    DRAIN,
    /** After the last task, and after all child scopes. */
    CLOSE
  }

  /** How a step ended. */
  public enum Outcome {
    /** It came to its end. */
    DONE,
    /** It threw an exception. */
    FAILED,
    /** It had not ended when its time was over, or the scope was closed the hard way meanwhile. */
    OVERRAN,
    /** It was not started: no time or no thread was left for it, or the scope had been closed the hard way. */
    SKIPPED
  }

  /**
   * One drain step or close step.
   *
   * @param stage when it ran
   * @param name the name it was added under
   * @param outcome how it ended
   * @param elapsed how long it took, or had taken when it was given up
   * @param failure what it threw, if it did
   */
  public record Step(Stage stage, String name, Outcome outcome, Duration elapsed, @Nullable Throwable failure) {}

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
    Deque<CloseReport> open = new ArrayDeque<>(List.of(this)); // a deep tree needs no deep stack
    while (!open.isEmpty()) {
      CloseReport report = open.pop();
      if (!report.closed || report.steps.stream().anyMatch(step -> step.outcome != Outcome.DONE)) {
        return false;
      }
      open.addAll(report.children);
    }
    return true;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CloseReport report && parts().equals(report.parts());
  }

  @Override
  public int hashCode() {
    return parts().hashCode();
  }

  /** What tells this report from others, as one flat list: a deep tree needs no deep stack. */
  private List<Object> parts() {
    List<Object> parts = new ArrayList<>();
    Deque<CloseReport> open = new ArrayDeque<>(List.of(this));
    while (!open.isEmpty()) {
      CloseReport next = open.pop();
      parts.add(List.of(next.path, next.closed, next.elapsed, next.steps));
      parts.add(List.of(next.waitedFor, next.waitedForCount, next.left, next.children.size()));
      open.addAll(next.children);
    }
    return parts;
  }

  /** Prints the report as a tree, one line for each scope, step and holder; what came later stands below. */
  @Override
  public String toString() {
    StringBuilder tree = new StringBuilder();
    Deque<Printing> open = new ArrayDeque<>();
    open.push(Printing.of(this));
    printBegin(tree, "");
    while (!open.isEmpty()) {
      Printing printing = open.element();
      if (printing.children.hasNext()) {
        CloseReport child = printing.children.next();
        child.printBegin(tree, indent(open.size()));
        open.push(Printing.of(child));
      } else {
        printing.report.printEnd(tree, indent(open.size()));
        open.pop();
      }
    }
    return tree.toString();
  }

  /** A report whose begin is printed, and those of its children that are not. */
  private record Printing(CloseReport report, Iterator<CloseReport> children) {
    static Printing of(CloseReport report) {
      return new Printing(report, report.children.iterator());
    }
  }

  private void printBegin(StringBuilder tree, String indent) {
    tree.append(indent).append(indent.isEmpty() ? path : path.substring(path.lastIndexOf('/') + 1));
    tree.append(closed ? "  closed in " : "  STILL CLOSING after ").append(millis(elapsed)).append('\n');
    printSteps(tree, indent + "  ", Stage.DRAIN);
  }

  private void printEnd(StringBuilder tree, String indent) {
    if (waitedForCount > waitedFor.size()) {
      tree.append(indent).append("waited for ").append(waitedForCount - waitedFor.size()).append(" others before\n");
    }
    for (Departure departure : waitedFor) {
      tree.append(indent).append("waited for ").append(departure.name);
      tree.append(", which left after ").append(millis(departure.after)).append('\n');
    }
    printSteps(tree, indent, Stage.CLOSE);
    left.forEach(holder -> tree.append(indent).append("LEFT INSIDE ").append(holder).append('\n'));
  }

  private void printSteps(StringBuilder tree, String indent, Stage stage) {
    for (Step step : steps) {
      if (step.stage == stage) {
        tree.append(indent).append(stage.name().toLowerCase(Locale.ROOT));
        tree.append(" step \"").append(step.name).append("\"  ");
        tree.append(step.outcome.name().toLowerCase(Locale.ROOT)).append(" in ").append(millis(step.elapsed));
        tree.append(step.failure == null ? "" : ": " + Text.of(step.failure)).append('\n');
      }
    }
  }

  /** The indent of a level of a tree; that of a very deep one would take more room than all else. */
  static String indent(int level) {
    return "  ".repeat(Math.min(level, DEEPEST_INDENT));
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
