// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.wal.Lsn;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalStreamTest {
  private static final String SLOT = "pageserver_test";
  private static final Duration SILENCE = Duration.ofSeconds(20);

  @TempDir
  static Path folder;

  private static LocalPostgres server;
  private static PostgresSource source;
  private static Connection sql;

  @BeforeAll
  static void start() throws SQLException {
    server = LocalPostgres.start(folder.resolve("data"));
    source = PostgresSource.of(server.connectionString());
    sql = source.connect();
    Workload.prepare(sql);
  }

  @AfterAll
  static void stop() throws SQLException {
    sql.close();
    server.close();
  }

  @AfterEach
  void dropSlot() throws Exception {
    Await.until("the slot is free", () -> ask("SELECT count(*) FROM pg_replication_slots WHERE active").equals("0"));
    source.dropSlot(SLOT);
    source.dropSlot(SLOT);
  }

  @Test
  void ensureSlot_keepsWalFromTheFirstCallOn() throws SQLException {
    Lsn created = source.ensureSlot(SLOT);
    Workload.step(sql, new Random(1));

    assertEquals(created, source.ensureSlot(SLOT));
    assertFalse(source.identify().flushLsn().isBefore(created));
    assertEquals("physical", ask("SELECT slot_type FROM pg_replication_slots"));
  }

  @Test
  void chunks_areContiguousAndReachTheServersEnd() throws SQLException {
    Lsn start = source.ensureSlot(SLOT);
    work(20);
    Lsn end = source.identify().flushLsn();

    try (PostgresStream stream = source.stream(SLOT, start, SILENCE)) {
      Lsn next = start;
      while (next.isBefore(end)) {
        WalChunk chunk = stream.read();
        assertEquals(next, chunk.start());
        assertFalse(chunk.serverEnd().isBefore(chunk.end()));
        next = chunk.end();
        assertEquals(next, stream.received());
        assertEquals(chunk.serverEnd(), stream.serverEnd());
      }
    }
  }

  @Test
  void reports_reachTheServerExactly() throws Exception {
    Lsn start = source.ensureSlot(SLOT);
    work(5);
    try (PostgresStream stream = source.stream(SLOT, start, SILENCE)) {
      readUpTo(stream, start.plus(3));
      Feedback positions = new Feedback(start.plus(3), start.plus(1), start.plus(2));
      stream.report(positions);
      awaitPositions(positions);

      // Neither reading on nor an older report moves them; the keep-alive's answer repeats them.
      stream.report(all(start));
      readUpTo(stream, source.identify().flushLsn());
      stream.report(all(start));
      awaitPositions(positions);

      Lsn beyond = stream.received().plus(1);
      assertThrows(IllegalArgumentException.class, () -> stream.report(new Feedback(beyond, start, start)));
      assertThrows(IllegalArgumentException.class, () -> stream.report(new Feedback(start, beyond, start)));
      assertThrows(IllegalArgumentException.class, () -> stream.report(new Feedback(start, start, beyond)));
    }
    assertEquals(start.plus(1).toString(), ask("SELECT restart_lsn FROM pg_replication_slots"));
  }

  /** The server writes nothing, so it is the keep-alive after half of the timeout that lets the report out. */
  @Test
  void reportDuringABlockedRead_isSentWithTheNextMessage() throws Exception {
    Lsn start = source.ensureSlot(SLOT);
    PostgresSource anxious = PostgresSource.of(server.connectionString() + "&options=-c%20wal_sender_timeout=4s");
    try (PostgresStream stream = anxious.stream(SLOT, start, SILENCE)) {
      readUpTo(stream, source.identify().flushLsn());
      Lsn flushed = stream.received();
      CompletableFuture<SourceException> end = new CompletableFuture<>();
      Thread reader = Thread.ofVirtual()
          .start(() -> end.complete(assertThrows(SourceException.class, () -> drain(stream))));
      Await.untilParked(reader);

      stream.report(all(flushed));
      Await.until("flushed", () -> flushed.toString().equals(ask("SELECT flush_lsn FROM pg_stat_replication")));

      Thread.ofVirtual().start(stream::close).join();
      assertTrue(end.get(2, TimeUnit.MINUTES).isRetryable());
    }
  }

  @Test
  void newStream_resumesAtTheFlushedPosition() throws Exception {
    Lsn start = source.ensureSlot(SLOT);
    work(5);
    byte[] before;
    Lsn flushed;
    Lsn end = source.identify().flushLsn();
    try (PostgresStream stream = source.stream(SLOT, start, SILENCE)) {
      before = bytes(stream, end);
      flushed = start.plus(before.length / 2);
      stream.report(all(flushed));
    }

    assertEquals(flushed, source.ensureSlot(SLOT));
    try (PostgresStream stream = source.stream(SLOT, flushed, SILENCE)) {
      byte[] again = bytes(stream, end);
      int overlap = before.length - before.length / 2;
      assertTrue(Arrays.equals(before, before.length / 2, before.length, again, 0, overlap));
    }
  }

  @Test
  void slotInUse_isRetryable() {
    Lsn start = source.ensureSlot(SLOT);
    try (PostgresStream stream = source.stream(SLOT, start, SILENCE)) {
      SourceException refused = assertThrows(SourceException.class, () -> source.stream(SLOT, start, SILENCE));
      assertTrue(refused.isRetryable());
      assertEquals(start, stream.received());
    }
  }

  @Test
  void interrupt_endsABlockedReadOnAVirtualThread() throws Exception {
    Lsn start = source.ensureSlot(SLOT);
    try (PostgresStream stream = source.stream(SLOT, start, SILENCE)) {
      readUpTo(stream, source.identify().flushLsn());
      CompletableFuture<Boolean> status = new CompletableFuture<>();
      CompletableFuture<SourceException> end = new CompletableFuture<>();
      Thread reader = Thread.ofVirtual().start(() -> {
        end.complete(assertThrows(SourceException.class, () -> drain(stream)));
        status.complete(Thread.currentThread().isInterrupted());
      });
      Await.untilParked(reader);
      reader.interrupt();

      SourceException failure = end.get(2, TimeUnit.MINUTES);
      assertTrue(failure.isRetryable());
      assertInstanceOf(SQLException.class, failure.getCause());
      assertTrue(status.get(2, TimeUnit.MINUTES));
      assertThrows(SourceException.class, stream::read);
    }
  }

  /** The flush task may be the first to see the broken connection; the reader must not be told of a stranger's fault. */
  @Test
  void read_afterAReportFoundTheConnectionBroken_isRetryable() throws Exception {
    Lsn start = source.ensureSlot(SLOT);
    try (PostgresStream stream = source.stream(SLOT, start, SILENCE)) {
      execute("SELECT pg_terminate_backend(pid) FROM pg_stat_replication");
      SourceException reported = assertThrows(SourceException.class, () -> reportOn(stream, start));
      assertTrue(reported.isRetryable());

      assertSame(reported, assertThrows(SourceException.class, stream::read));
    }
  }

  @Test
  void invalidatedSlot_saysThatTheWalIsGone() throws Exception {
    Lsn start = source.ensureSlot(SLOT);
    execute("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'");
    execute("SELECT pg_reload_conf()");
    try {
      for (int i = 0; i < 8; i++) {
        work(1);
        execute("SELECT pg_switch_wal()");
      }
      execute("CHECKPOINT");
      assertEquals("lost", ask("SELECT wal_status FROM pg_replication_slots"));

      WalRemovedException gone = assertThrows(WalRemovedException.class, () -> streamOnce(start));
      assertTrue(String.valueOf(gone.getMessage()).contains("begin anew"), gone.toString());
      assertThrows(WalRemovedException.class, () -> source.ensureSlot(SLOT));
    } finally {
      execute("ALTER SYSTEM RESET max_slot_wal_keep_size");
      execute("SELECT pg_reload_conf()");
    }
  }

  /** A slot keeps only WAL from its own position on; what is older goes with the next checkpoints. */
  @Test
  void removedSegment_saysThatTheWalIsGone() throws Exception {
    Lsn old = source.identify().flushLsn();
    for (int i = 0; i < 12; i++) {
      work(1);
      execute("SELECT pg_switch_wal()");
    }
    execute("CHECKPOINT");
    execute("CHECKPOINT");
    source.ensureSlot(SLOT);

    assertThrows(WalRemovedException.class, () -> streamOnce(old));
  }

  @Test
  void positionAheadOfTheServer_isReported() {
    Lsn ahead = source.ensureSlot(SLOT).plus(1L << 40);
    SourceException failure = assertThrows(SourceException.class, () -> streamOnce(ahead));

    String message = String.valueOf(failure.getMessage());
    assertTrue(message.startsWith("127.0.0.1:" + server.port() + ": "), message);
    assertFalse(failure.isRetryable());
  }

  @Test
  void connectionRefused_namesTheServerAndWhatToDo() throws Exception {
    int port;
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = taken.getLocalPort();
    }
    PostgresSource nobody = PostgresSource.of("postgresql://ann:s3cret@127.0.0.1:" + port + "/shop");

    SourceException failure = assertThrows(SourceException.class, nobody::identify);

    String message = String.valueOf(failure.getMessage());
    assertTrue(message.startsWith("127.0.0.1:" + port + ": cannot connect"), message);
    assertTrue(message.contains("Check the address"), message);
    assertFalse(message.contains("s3cret"), message);
    assertTrue(failure.isRetryable());
    assertNotNull(failure.getCause());
  }

  @Test
  void notAPostgres_isReported() throws Exception {
    try (ServerSocket web = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> {
        try (var peer = web.accept()) {
          peer.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException closed) {
          throw new UncheckedIOException(closed);
        }
      });
      PostgresSource other = PostgresSource.of("host=127.0.0.1 user=ann sslmode=require port=" + web.getLocalPort());
      SourceException failure = assertThrows(SourceException.class, other::connect);
      assertTrue(String.valueOf(failure.getMessage()).contains("cannot connect: "), failure.toString());
    }
  }

  @Test
  void unknownUserAndDatabase_areNotRetryable() {
    String address = "host=127.0.0.1 port=" + server.port();
    SourceException user =
        assertThrows(SourceException.class, PostgresSource.of(address + " user=nobody password=s3cret")::connect);
    SourceException database =
        assertThrows(SourceException.class, PostgresSource.of(address + " user=postgres dbname=none")::connect);

    assertFalse(user.isRetryable());
    assertFalse(database.isRetryable());
    assertFalse(user.toString().contains("s3cret"));
    assertTrue(database.toString().contains("Name an existing database"), database.toString());
  }

  @Test
  void slotNames_areChecked() {
    assertThrows(IllegalArgumentException.class, () -> source.ensureSlot("x; DROP TABLE y"));
  }

  private static void drain(PostgresStream stream) {
    while (true) {
      stream.read();
    }
  }

  private static void reportOn(PostgresStream stream, Lsn position) {
    while (true) {
      stream.report(all(position));
    }
  }

  private static void streamOnce(Lsn start) {
    try (PostgresStream stream = source.stream(SLOT, start, SILENCE)) {
      stream.read();
    }
  }

  private static void readUpTo(PostgresStream stream, Lsn end) {
    while (stream.received().isBefore(end)) {
      stream.read();
    }
  }

  private static byte[] bytes(PostgresStream stream, Lsn end) {
    ByteArrayOutputStream collected = new ByteArrayOutputStream();
    while (stream.received().isBefore(end)) {
      WalChunk chunk = stream.read();
      byte[] content = new byte[chunk.bytes().remaining()];
      chunk.bytes().get(content);
      collected.writeBytes(content);
    }
    return collected.toByteArray();
  }

  private static Feedback all(Lsn position) {
    return new Feedback(position, position, position);
  }

  private static void awaitPositions(Feedback reported) throws Exception {
    String expected = reported.writeLsn() + " " + reported.flushLsn() + " " + reported.applyLsn();
    String question = "SELECT write_lsn || ' ' || flush_lsn || ' ' || replay_lsn FROM pg_stat_replication";
    Await.until("positions " + expected, () -> expected.equals(ask(question)));
  }

  private static void work(int steps) throws SQLException {
    Random random = new Random(steps);
    for (int i = 0; i < steps; i++) {
      Workload.step(sql, random);
    }
  }

  private static void execute(String command) throws SQLException {
    try (Statement statement = sql.createStatement()) {
      statement.execute(command);
    }
  }

  private static String ask(String question) throws SQLException {
    try (Statement statement = sql.createStatement();
        ResultSet row = statement.executeQuery(question)) {
      return row.next() ? String.valueOf(row.getString(1)) : "";
    }
  }
}
