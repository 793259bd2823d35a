// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.source;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL server of the process's own, on a free loopback port, for whoever has none at hand.
 *
 * <p>Its cluster stays in the data folder and is used again by the next start. Beside that folder are the unpacked
 * programs, in {@code postgres-binaries}, and the server's log, {@code <data folder>.log}. The server is a process of a
 * session of its own: a Ctrl-C in the terminal does not reach it, and it outlives a JVM that is killed. No shutdown
 * hook is registered: only {@link #close} ends it, or the next {@link #start} on the same folder.
 *
 * <p>Any thread may call; {@code start} and {@code close} block.
 */
public final class LocalPostgres implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LocalPostgres.class);

  private static final Duration START_LIMIT = Duration.ofSeconds(30);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

  /** The embedded server's own lock on a data folder: held for as long as the JVM that started it lives. */
  private static final String LOCK_FILE = "epg-lock";

  private static final Map<String, String> SETTINGS =
      Map.ofEntries(
          Map.entry("listen_addresses", "127.0.0.1"),
          Map.entry("unix_socket_directories", ""),
          Map.entry("wal_level", "replica"),
          Map.entry("max_wal_senders", "8"),
          Map.entry("max_replication_slots", "8"),
          Map.entry("max_connections", "32"),
          Map.entry("shared_buffers", "32MB"),
          Map.entry("min_wal_size", "80MB"),
          Map.entry("max_wal_size", "512MB"),
          Map.entry("wal_sender_timeout", "30s"),
          // The embedded server's defaults are off for both: a killed process would lose commits.
          Map.entry("fsync", "on"),
          Map.entry("synchronous_commit", "on"),
          Map.entry("log_checkpoints", "off"));

  private final EmbeddedPostgres server;
  private final Postmaster postmaster;
  private final ReentrantLock closing = new ReentrantLock();

  /** Under 'closing'. */
  private boolean closed;

  private LocalPostgres(EmbeddedPostgres server, Postmaster postmaster) {
    this.server = server;
    this.postmaster = postmaster;
  }

  /**
   * Starts a server on the folder. The first time this unpacks the programs and creates the cluster, some seconds.
   *
   * <p>A server that an earlier, killed process left running on the folder is stopped first. What a crash left to be
   * recovered is recovered.
   *
   * @param dataDirectory the folder of the cluster, created if missing; it must be empty or a cluster of the same major
   *     version
   * @return the server, ready for connections
   * @throws SourceException if another live process uses the folder, or the server does not start within half a
   *     minute; the message names the server's log
   */
  public static LocalPostgres start(Path dataDirectory) {
    Path folder = dataDirectory.toAbsolutePath().normalize();
    Path log = folder.resolveSibling(folder.getFileName() + ".log");
    try {
      Files.createDirectories(folder);
      checkUnused(folder);
      stopLeftover(folder);
      return launch(folder, log);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw cannotStart(folder, log, interrupted);
    } catch (IOException | RuntimeException | ExceptionInInitializerError failure) {
      throw cannotStart(folder, log, failure);
    }
  }

  /** {@return the server's address for {@link PostgresSource#of}, in the form of a JDBC URL} */
  public String connectionString() {
    return "jdbc:postgresql://127.0.0.1:" + postmaster.port() + "/postgres?user=postgres";
  }

  /** {@return the loopback port that the server listens on} */
  public int port() {
    return postmaster.port();
  }

  /** {@return the folder of the cluster} */
  public Path dataDirectory() {
    return postmaster.dataDirectory();
  }

  /**
   * Stops the server: breaks its connections, writes a checkpoint, and waits for its end, about twenty seconds at most.
   *
   * <p>Streams should be closed before: the server waits for a reader to confirm what it was sent. A server that does
   * not end in time is stopped the hard way, which only means that its next start takes longer. Waits through an
   * interrupt and restores the status. Closing twice does nothing.
   *
   * @throws SourceException if the server still runs
   */
  @Override
  public void close() {
    boolean interrupted = Thread.interrupted();
    closing.lock();
    try {
      if (!closed) {
        closed = true;
        server.close();
        stopHardIfAlive();
      }
    } catch (IOException failure) {
      throw new SourceException(postmaster + " could not be stopped", false, failure);
    } catch (InterruptedException again) {
      interrupted = true;
      throw new SourceException(postmaster + " may still run: waiting for its end was interrupted", false, again);
    } finally {
      closing.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public String toString() {
    return postmaster + ", port " + postmaster.port();
  }

  private static LocalPostgres launch(Path folder, Path log) throws IOException, InterruptedException {
    EmbeddedPostgres.Builder builder =
        EmbeddedPostgres.builder()
            .setDataDirectory(folder)
            .setCleanDataDirectory(false)
            .setRegisterShutdownHook(false)
            .setOverrideWorkingDirectory(folder.resolveSibling("postgres-binaries").toFile())
            .setOutputRedirector(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .setErrorRedirector(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .setLocaleConfig("locale", "C")
            .setPGStartupWait(START_LIMIT);
    SETTINGS.forEach(builder::setServerConfig);
    EmbeddedPostgres server;
    try {
      server = builder.start();
    } catch (IOException | RuntimeException failure) {
      // It may have been launched all the same, and would hold the folder for ever.
      stopLeftover(folder);
      throw failure;
    }
    // An interrupt ends its waiting as if the server were ready.
    if (Thread.interrupted()) {
      server.close();
      throw new InterruptedException("interrupted while starting");
    }
    Postmaster postmaster = Postmaster.of(folder);
    if (postmaster == null || postmaster.port() != server.getPort()) {
      server.close();
      throw new IOException("no server runs on the folder after its start, or another one took its port");
    }
    LOG.info("Started {}, port {}", postmaster, postmaster.port());
    return new LocalPostgres(server, postmaster);
  }

  private static void checkUnused(Path folder) throws IOException {
    Path lockFile = folder.resolve(LOCK_FILE);
    if (!Files.exists(lockFile)) {
      return;
    }
    try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      if (lock == null) {
        throw new IOException("another process that is still alive uses the folder");
      }
    } catch (OverlappingFileLockException ours) {
      throw new IOException("this process already runs a server on the folder", ours);
    }
  }

  private static void stopLeftover(Path folder) throws IOException, InterruptedException {
    Postmaster leftover = Postmaster.of(folder);
    if (leftover != null) {
      LOG.warn("Stopping {}: an earlier process left it behind", leftover);
      if (!leftover.stop(Postmaster.StopMode.FAST, STOP_LIMIT)
          && !leftover.stop(Postmaster.StopMode.IMMEDIATE, STOP_LIMIT)) {
        throw new IOException(leftover + ", left behind by an earlier process, does not end; end it by hand");
      }
    }
    // A number given to another process since would make the new server believe that the old one still runs.
    if (isPidTaken(folder)) {
      Files.delete(Postmaster.pidFile(folder));
    }
  }

  private static boolean isPidTaken(Path folder) throws IOException {
    Path pidFile = Postmaster.pidFile(folder);
    if (!Files.exists(pidFile)) {
      return false;
    }
    String first = Files.readAllLines(pidFile).stream().findFirst().orElse("").trim();
    return first.matches("[0-9]{1,18}") && ProcessHandle.of(Long.parseLong(first)).isPresent();
  }

  private void stopHardIfAlive() throws IOException, InterruptedException {
    if (postmaster.awaitEnd(STOP_LIMIT)) {
      LOG.info("Stopped {}", postmaster);
      return;
    }
    LOG.warn("{} does not end: stopping it the hard way", postmaster);
    if (!postmaster.stop(Postmaster.StopMode.IMMEDIATE, STOP_LIMIT)) {
      throw new SourceException(postmaster + " does not end; end it by hand", false, null);
    }
  }

  private static SourceException cannotStart(Path folder, Path log, Throwable failure) {
    return new SourceException(
        "cannot start PostgreSQL on " + folder + ": " + failure.getMessage() + "; see its log " + log
            + ". If the folder holds a half-made cluster, delete it.",
        false,
        failure);
  }
}
