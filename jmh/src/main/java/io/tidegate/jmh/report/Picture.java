// SPDX-License-Identifier: Apache-2.0
package io.tidegate.jmh.report;

import java.util.List;
import java.util.Locale;

/**
 * The ratios as bars in SVG: shorter is better, on a scale of logarithms around 1, with a line from the least to the
 * most of all rounds and a mark where the goal is.
 */
final class Picture {
  private static final int ROW = 26;
  private static final int TOP = 60;
  private static final int LABELS = 470;
  private static final int WIDTH = 1080;

  /** What the axis shows: from a 512th to 8. */
  private static final double LEAST = -9;

  private static final double MOST = 3;

  private Picture() {}

  static String of(List<Outcome> outcomes, String title) {
    StringBuilder svg = new StringBuilder();
    int height = TOP + outcomes.size() * ROW + 40;
    svg.append("""
        <svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %1$s %2$s' font-family='sans-serif' font-size='12'>
        <rect width='%1$s' height='%2$s' fill='white'/>
        <text x='12' y='22' font-size='15'>Time, as a ratio to the peer: left of 1 is faster</text>
        <text x='12' y='42' fill='#555'>%3$s</text>
        """.formatted(WIDTH, height, escaped(title)));
    axis(svg, height - 30);
    for (int i = 0; i < outcomes.size(); i++) {
      row(svg, outcomes.get(i), TOP + i * ROW);
    }
    return svg.append("</svg>\n").toString();
  }

  private static void axis(StringBuilder svg, int bottom) {
    for (int power = (int) LEAST; power <= MOST; power++) {
      String label = power < 0 ? "1/" + (1 << -power) : Integer.toString(1 << power);
      svg.append("""
          <line x1='%1$s' y1='%2$s' x2='%1$s' y2='%3$s' stroke='%4$s'/>
          <text x='%1$s' y='%5$s' text-anchor='middle' fill='#555'>%6$s</text>
          """.formatted(
              px(x(Math.scalb(1.0, power))), TOP - 6, bottom, power == 0 ? "#333" : "#ddd", bottom + 18, label));
    }
  }

  private static void row(StringBuilder svg, Outcome outcome, int y) {
    Comparison what = outcome.comparison();
    svg.append("""
        <text x='12' y='%s'>%s <tspan fill='#777'>: %s</tspan></text>
        """.formatted(y + 14, escaped(what.work()), escaped(what.against())));
    if (outcome.isKnown()) {
      bar(svg, outcome, y);
    } else {
      svg.append("""
          <text x='%s' y='%s' fill='#777'>not run on this JDK</text>
          """.formatted(LABELS, y + 14));
    }
  }

  private static void bar(StringBuilder svg, Outcome outcome, int y) {
    double one = x(1);
    double end = x(outcome.ratio());
    svg.append("""
        <rect x='%s' y='%s' width='%s' height='12' fill='%s'/>
        <line x1='%s' y1='%s' x2='%s' y2='%6$s' stroke='black'/>
        <text x='%s' y='%s' text-anchor='end'>%s</text>
        """.formatted(
            px(Math.min(one, end)), y + 4, px(Math.max(1, Math.abs(end - one))), color(outcome),
            px(x(outcome.time().getFirst())), y + 10, px(x(outcome.time().getLast())),
            WIDTH - 8, y + 14, Outcome.number(outcome.ratio())));
    if (outcome.comparison().hasGoal()) {
      svg.append("""
          <line x1='%1$s' y1='%2$s' x2='%1$s' y2='%3$s' stroke='#06c' stroke-width='2'/>
          """.formatted(px(x(outcome.comparison().atMost())), y + 1, y + 19));
    }
  }

  private static String color(Outcome outcome) {
    if (!outcome.comparison().hasGoal()) {
      return "#8aa";
    }
    return outcome.isReached() ? "#2a7" : "#c63";
  }

  private static double x(double ratio) {
    double log = Math.log(ratio) / Math.log(2);
    double clamped = Math.max(LEAST, Math.min(MOST, log));
    return LABELS + (clamped - LEAST) / (MOST - LEAST) * (WIDTH - LABELS - 60);
  }

  private static String px(double position) {
    return String.format(Locale.ROOT, "%.1f", position);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;");
  }
}
