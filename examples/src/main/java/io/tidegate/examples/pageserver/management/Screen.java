// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management;

import java.io.PrintStream;
import java.util.List;
import picocli.CommandLine.Help.Ansi;

/**
 * What the server prints: log lines that stay, and below them a status, which on a terminal is replaced in place.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
final class Screen {
  private static final String CLEAR_TO_END = "\u001b[J";
  /** Cuts off lines that are wider than the terminal: a wrapped one would take two rows, of which one is erased. */
  private static final String NO_WRAP = "\u001b[?7l";

  private static final String WRAP = "\u001b[?7h";

  private final PrintStream out;
  private final boolean terminal;
  private List<String> status = List.of();

  Screen(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  static Screen ofProcess() {
    return new Screen(System.out, Ansi.AUTO.enabled());
  }

  /** Prints lines that stay, above the status. */
  synchronized void print(String lines) {
    erase();
    out.print(lines);
    draw();
  }

  /** Replaces the status; where that cannot be done in place, prints it. */
  synchronized void status(List<String> lines) {
    erase();
    status = List.copyOf(lines);
    draw();
    if (!terminal) {
      status = List.of();
    }
  }

  private void erase() {
    if (terminal && !status.isEmpty()) {
      out.print("\u001b[" + status.size() + "F" + CLEAR_TO_END);
    }
  }

  private void draw() {
    if (terminal && !status.isEmpty()) {
      out.print(NO_WRAP);
      status.forEach(out::println);
      out.print(WRAP);
    } else {
      status.forEach(out::println);
    }
    out.flush();
  }
}
