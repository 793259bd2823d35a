// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management;

import java.util.ArrayList;
import java.util.List;

/** What a terminal shows after some output. It knows the sequences that the screen uses and refuses all others. */
final class FakeTerminal {
  private final int width;
  private final List<StringBuilder> rows = new ArrayList<>(List.of(new StringBuilder()));
  private int row;
  private int column;
  private boolean wraps = true;

  private FakeTerminal(int width) {
    this.width = width;
  }

  /** {@return the rows, without the empty one at the end} */
  static List<String> show(String output, int width) {
    FakeTerminal terminal = new FakeTerminal(width);
    int at = 0;
    while (at < output.length()) {
      at = output.charAt(at) == '\u001b' ? terminal.escape(output, at) : terminal.character(output, at);
    }
    List<String> shown = new ArrayList<>(terminal.rows.stream().map(StringBuilder::toString).toList());
    if (shown.getLast().isEmpty()) {
      shown.removeLast();
    }
    return shown;
  }

  private int character(String output, int at) {
    if (output.charAt(at) == '\n') {
      nextRow();
    } else {
      put(output.charAt(at));
    }
    return at + 1;
  }

  private void put(char written) {
    if (column == width) {
      if (!wraps) {
        return;
      }
      nextRow();
    }
    StringBuilder line = rows.get(row);
    line.setLength(column);
    line.append(written);
    column++;
  }

  private void nextRow() {
    row++;
    column = 0;
    if (row == rows.size()) {
      rows.add(new StringBuilder());
    }
  }

  private int escape(String output, int at) {
    int end = at + 2;
    while (!Character.isLetter(output.charAt(end))) {
      end++;
    }
    String sequence = output.substring(at + 1, end + 1);
    if (sequence.equals("[?7l") || sequence.equals("[?7h")) {
      wraps = sequence.endsWith("h");
    } else if (sequence.equals("[J")) {
      rows.get(row).setLength(column);
      rows.subList(row + 1, rows.size()).clear();
    } else if (sequence.matches("\\[\\d+F")) {
      row -= Integer.parseInt(sequence, 1, sequence.length() - 1, 10);
      column = 0;
    } else {
      throw new IllegalArgumentException("a sequence that this terminal does not know: " + sequence);
    }
    return end + 1;
  }
}
