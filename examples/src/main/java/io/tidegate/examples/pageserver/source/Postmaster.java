// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.source;

import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The running server process of one data folder, found by the {@code postmaster.pid} that it keeps there.
 *
 * @param dataDirectory the data folder
 * @param process the server's first process
 * @param port the port that it listens on
 */
record Postmaster(Path dataDirectory, ProcessHandle process, int port) {
  /** How to end: {@code fast} breaks connections and writes a checkpoint, {@code immediate} leaves a recovery to do. */
  enum StopMode { FAST, IMMEDIATE }

  private static final Duration EXIT_SLACK = Duration.ofSeconds(2);

  /** Lines of postmaster.pid, as PostgreSQL documents them. */
  private static final int PID_LINE = 0;

  private static final int FOLDER_LINE = 1;
  private static final int PORT_LINE = 3;

  /**
   * {@return the server that runs on the folder, null if none does}
   *
   * <p>A file left behind by a server that is gone names no process, or one that got its number since: that process is
   * not a server of this folder and is left alone.
   *
   * @throws IOException if the file cannot be read
   */
  static @Nullable Postmaster of(Path dataDirectory) throws IOException {
    Path pidFile = pidFile(dataDirectory);
    if (!Files.exists(pidFile)) {
      return null;
    }
    List<String> lines = Files.readAllLines(pidFile);
    if (lines.size() <= PORT_LINE || !isSameFolder(dataDirectory, lines.get(FOLDER_LINE).trim())) {
      return null;
    }
    long pid = number(lines.get(PID_LINE));
    int port = (int) number(lines.get(PORT_LINE));
    return ProcessHandle.of(pid)
        .filter(Postmaster::isPostgres)
        .map(process -> new Postmaster(dataDirectory, process, port))
        .orElse(null);
  }

  static Path pidFile(Path dataDirectory) {
    return dataDirectory.resolve("postmaster.pid");
  }

  /**
   * {@return whether the server has ended within the limit}
   *
   * @throws InterruptedException if the caller was interrupted; the server goes on ending
   */
  boolean stop(StopMode mode, Duration limit) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    if (LinuxUtils.isUnshareAvailable()) {
      // The server refuses to run as root, so root started it in a user namespace where it is nobody.
      command.addAll(List.of("unshare", "-U"));
    }
    command.addAll(List.of(
        pgCtl().toString(), "-D", dataDirectory.toString(), "-m", mode.name().toLowerCase(Locale.ROOT),
        "-t", Long.toString(limit.toSeconds()), "-w", "stop"));
    Process pgCtl = new ProcessBuilder(command)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
    if (!pgCtl.waitFor(limit.plus(EXIT_SLACK).toMillis(), TimeUnit.MILLISECONDS)) {
      pgCtl.destroyForcibly();
    }
    return awaitEnd(EXIT_SLACK);
  }

  /** {@return whether the server has ended within the limit, without asking it to} */
  boolean awaitEnd(Duration limit) throws InterruptedException {
    CompletableFuture<ProcessHandle> end = process.onExit();
    try {
      end.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException stillRunning) {
      return false;
    } catch (ExecutionException impossible) {
      throw new IllegalStateException("waiting for " + this + " failed", impossible);
    } finally {
      end.cancel(false);
    }
  }

  @Override
  public String toString() {
    return "PostgreSQL process " + process.pid() + " on " + dataDirectory;
  }

  /** The command that started the server stands in {@code postmaster.opts}: pg_ctl is in the same folder. */
  private Path pgCtl() throws IOException {
    String options = Files.readString(dataDirectory.resolve("postmaster.opts"));
    int end = options.indexOf(" \"");
    Path postgres = Path.of(end < 0 ? options.trim() : options.substring(0, end));
    String name = postgres.toString().endsWith(".exe") ? "pg_ctl.exe" : "pg_ctl";
    return postgres.resolveSibling(name);
  }

  private static boolean isPostgres(ProcessHandle process) {
    Optional<String> command = process.info().command();
    // A command that the system does not tell cannot be ruled out; the folder in the file already is the right one.
    return process.isAlive()
        && command.map(path -> Path.of(path).getFileName().toString().startsWith("postgres")).orElse(true);
  }

  private static boolean isSameFolder(Path dataDirectory, String written) throws IOException {
    Path other = Path.of(written);
    return Files.exists(other) && Files.isSameFile(dataDirectory, other);
  }

  private static long number(String line) {
    try {
      return Long.parseLong(line.trim());
    } catch (NumberFormatException garbage) {
      return 0;
    }
  }
}
