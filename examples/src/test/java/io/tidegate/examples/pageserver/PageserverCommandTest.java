// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What the command line refuses before anything starts. */
class PageserverCommandTest {
  private final StringWriter err = new StringWriter();
  private final StringWriter out = new StringWriter();
  private final CommandLine command =
      PageserverCommand.commandLine().setErr(new PrintWriter(err)).setOut(new PrintWriter(out));

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
      --run-for             | 20             | '20' is no duration like PT20S
      --run-for             | PT-1S          | 'PT-1S' is not between zero and
      --run-for             | PT0S           | 'PT0S' is not between zero and
      --close-budget        | PT0S           | 'PT0S' is not between zero and
      --checkpoint-timeout  | PT99999999999H | 'PT99999999999H' is not between zero and
      --status-period       | soon           | 'soon' is no duration like PT20S
      --checkpoint-distance | 0              | checkpoint_distance
      --tenant-default      | no_such=1      | no_such
      --tenant-default      | gc_period=soon | soon
      --tenant-default      | gc_period      | --tenant-default
      --checkpoint-distance | much           | --checkpoint-distance
      --open-layers-limit   | -1             | --open-layers-limit is not negative
      --wait-lsn-timeout    | PT0S           | 'PT0S' is not between zero and
      --postgres            | localhost      | connection string
      --listen-pg           | 127.0.0.1:x    | '127.0.0.1:x' is no address like
      --listen-http         | 9898           | '9898' names no host
      --listen-http         | 127.0.0.1:x    | '127.0.0.1:x' is no address like 127.0.0.1:9898
      --nonsense            | 1              | Unknown option
      """)
  void execute_withBadValue_exitsWithTwoAndSaysWhy(String option, String value, String message) {
    assertEquals(2, command.execute(option, value));
    assertTrue(err.toString().contains(message), err::toString);
  }

  @Test
  void execute_withBadConnectionString_doesNotRepeatThePassword() {
    assertEquals(2, command.execute("--postgres", "postgresql://me:open-sesame@host:99999/db"));
    assertTrue(err.toString().contains("the port is not a number"), err::toString);
    assertFalse(err.toString().contains("open-sesame"), err::toString);
  }

  @Test
  void execute_help_namesEveryOptionAndTheExitCodes() {
    assertEquals(0, command.execute("--help"));
    for (String expected : new String[] {"--postgres", "--data", "--run-for", "--close-budget", "Exit code: 0"}) {
      assertTrue(out.toString().contains(expected), out::toString);
    }
    assertFalse(out.toString().contains("--stop-with-parent"), "not for people");
  }
}
