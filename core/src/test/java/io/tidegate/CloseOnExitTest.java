// SPDX-License-Identifier: Apache-2.0
package io.tidegate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** S10: a root that is closed when the JVM ends, in JVMs of their own. */
class CloseOnExitTest {
  @TempDir
  Path folder;

  /** The output and the exit code of a server of ours. */
  private record Ended(int code, String output) {}

  private static Process start(Path output, String how) throws IOException {
    String path = Stream.of("jdk.module.path", "java.class.path")
        .map(System::getProperty)
        .filter(entries -> entries != null && !entries.isEmpty())
        .reduce((a, b) -> a + File.pathSeparator + b)
        .orElseThrow();
    // The tests of a module are patched into it, and on no path: both are named by where their classes lie.
    String tests = Path.of("target", "test-classes").toString();
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ProcessBuilder(java, "-cp", tests + File.pathSeparator + path, ExitingServer.class.getName(), how)
        .redirectErrorStream(true)
        .redirectOutput(output.toFile())
        .start();
  }

  private Ended run(String how) throws Exception {
    Path output = folder.resolve("output");
    Process process = start(output, how);
    int code = process.waitFor();
    return new Ended(code, Files.readString(output));
  }

  /** S10, S8: after System.exit the root is closed in order, and the exit code stays. */
  @Test
  void exit_openRoot_isClosedInOrder() throws Exception {
    Ended ended = run("exit");
    assertEquals(List.of("drained", "released"), ended.output.lines().toList());
    assertEquals(7, ended.code);
  }

  /** S10: the same when the last thread that is no daemon ends. */
  @Test
  void exit_mainReturns_isClosedInOrder() throws Exception {
    Ended ended = run("return");
    assertEquals(List.of("drained", "released"), ended.output.lines().toList());
    assertEquals(0, ended.code);
  }

  /** S10: the same on SIGTERM, in the middle of work. */
  @Test
  void exit_terminated_isClosedInOrder() throws Exception {
    Path output = folder.resolve("output");
    Process process = start(output, "wait");
    SideThread.until(() -> !process.isAlive() || readsReady(output));
    process.destroy();
    assertEquals(128 + 15, process.waitFor());
    assertEquals(List.of("ready", "drained", "released"), Files.readString(output).lines().toList());
  }

  private static boolean readsReady(Path output) {
    try {
      return Files.readString(output).contains("ready");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** S10: what is left at the end of the budget is named, and the JVM ends all the same. */
  @Test
  void exit_stubbornTask_isNamedAndLeft() throws Exception {
    Ended ended = run("stubborn");
    List<String> lines = ended.output.lines().toList();
    assertEquals("the JVM ends, and scope server (closing) was not closed in order:", lines.get(0));
    assertTrue(lines.get(1).startsWith("server  STILL CLOSING after "), ended.output);
    assertTrue(ended.output.contains("LEFT INSIDE server: stubborn [READ], inside for "), ended.output);
    assertEquals(7, ended.code);
  }

  /** S10: a root that was closed before leaves nothing behind: no hook, no output. */
  @Test
  void exit_closedBefore_doesNothing() throws Exception {
    Ended ended = run("closed");
    assertEquals(List.of("drained", "released", "closed"), ended.output.lines().toList());
    assertEquals(7, ended.code);
  }

  /** S10: a task that ends the process is named as the one that its close waits for; the budget ends that. */
  @Test
  void exit_byTaskInside_endsWithTheBudget() throws Exception {
    Ended ended = run("inside");
    assertTrue(ended.output.contains("LEFT INSIDE server: exiting [READ]"), ended.output);
    assertEquals(7, ended.code);
  }

  /** S10: it is for roots, once; a closed root has nothing to be closed. */
  @Test
  void closeOnExit_misuse_isRefused() {
    Scope root = Scope.root("root");
    Scope child = root.child("child");
    assertThrows(IllegalStateException.class, () -> child.closeOnExit(Duration.ofSeconds(1)));
    root.closeOnExit(Duration.ofSeconds(1));
    assertThrows(IllegalStateException.class, () -> root.closeOnExit(Duration.ofSeconds(1)));
    root.close();
    Scope closed = Scope.root("closed");
    closed.close();
    closed.closeOnExit(Duration.ofSeconds(1));
  }
}
