// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScreenTest {
  private static final int WIDTH = 20;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  @Test
  void status_onTerminal_isReplacedInPlace() {
    Screen screen = new Screen(out, true);
    screen.status(List.of("a 1", "b 1", "c 1"));
    screen.status(List.of("a 2"));
    screen.status(List.of("a 3", "b 3"));

    assertEquals(List.of("a 3", "b 3"), visible());
  }

  @Test
  void print_onTerminal_isAboveTheStatus() {
    Screen screen = new Screen(out, true);
    screen.print("log 1\n");
    screen.status(List.of("a 1", "b 1"));
    screen.print("log 2\nlog 3\n");
    screen.status(List.of("a 2", "b 2"));

    assertEquals(List.of("log 1", "log 2", "log 3", "a 2", "b 2"), visible());
  }

  @Test
  void status_widerThanTheTerminal_isCutOffAndReplaced() {
    Screen screen = new Screen(out, true);
    String wide = "x".repeat(2 * WIDTH);
    screen.status(List.of(wide, wide));
    screen.status(List.of("short"));
    screen.print(wide + "\n");

    assertEquals(List.of("x".repeat(WIDTH), "x".repeat(WIDTH), "short"), visible());
  }

  @Test
  void status_empty_leavesOnlyTheLog() {
    Screen screen = new Screen(out, true);
    screen.print("log 1\n");
    screen.status(List.of("a 1"));
    screen.status(List.of());
    screen.print("log 2\n");

    assertEquals(List.of("log 1", "log 2"), visible());
  }

  @Test
  void status_elsewhere_isPrintedOnceAndWithoutEscapes() {
    Screen screen = new Screen(out, false);
    screen.status(List.of("a 1"));
    screen.print("log\n");
    screen.status(List.of("a 2"));

    assertEquals("a 1\nlog\na 2\n", text());
    assertFalse(text().contains("\u001b"));
  }

  @Test
  void print_afterStatus_leavesTheTerminalWrapping() {
    Screen screen = new Screen(out, true);
    screen.status(List.of("a 1"));

    assertTrue(text().lastIndexOf("\u001b[?7h") > text().lastIndexOf("\u001b[?7l"));
  }

  private String text() {
    return bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
  }

  private List<String> visible() {
    return FakeTerminal.show(text(), WIDTH);
  }
}
