// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The pageserver as users start it: in a process of its own. */
final class ChildProcess implements AutoCloseable {
  private final Process process;
  private final Path output;

  private ChildProcess(Process process, Path output) {
    this.process = process;
    this.output = output;
  }

  /** Starts it from its classes; its output goes into a file of the folder. */
  static ChildProcess start(Path folder, String... arguments) throws IOException {
    List<String> options = List.of(
        "--add-opens", "java.base/java.lang=ALL-UNNAMED",
        "-XX:TieredStopAtLevel=1",
        "-cp", System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
        "-Dlogback.configurationFile=logback.xml",
        PageserverCommand.class.getName());
    return run(folder, options, arguments);
  }

  /** Starts it from its executable jar. */
  static ChildProcess startJar(Path folder, Path jar, String... arguments) throws IOException {
    return run(folder, List.of("-XX:TieredStopAtLevel=1", "-jar", jar.toString()), arguments);
  }

  private static ChildProcess run(Path folder, List<String> options, String... arguments) throws IOException {
    Path output = Files.createTempFile(folder, "output", ".txt");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("--listen-pg", "127.0.0.1:0", "--listen-http", "127.0.0.1:0"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    return new ChildProcess(builder.redirectErrorStream(true).redirectOutput(output.toFile()).start(), output);
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  String output() throws IOException {
    return Files.readString(output);
  }

  /** {@return the output, as a message of a failed assertion} */
  String tail() {
    try {
      return output();
    } catch (IOException unreadable) {
      return unreadable.toString();
    }
  }

  /** Waits for a line; fails if the process ends without. */
  void awaitOutput(String text) throws Exception {
    Await.until("\"" + text + "\" in the output", () -> {
      boolean ended = !process.isAlive();
      if (output().contains(text)) {
        return true;
      }
      if (ended) {
        throw new AssertionError("ended with " + process.exitValue() + " and without \"" + text + "\":\n" + output());
      }
      return false;
    });
  }

  /** Sends SIGTERM. */
  void terminate() {
    process.toHandle().destroy();
  }

  /** Sends SIGKILL and waits for the end. */
  void kill() {
    process.destroyForcibly().onExit().join();
  }

  int awaitExit() throws InterruptedException {
    return process.waitFor();
  }

  /** Leaves no process behind, whatever the test did. */
  @Override
  public void close() {
    kill();
  }
}
