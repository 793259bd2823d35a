// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import io.tidegate.CloseReport;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.Lsn;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyDual;

/** Pages of a real PostgreSQL, asked for by its JDBC driver, and the close of a server with page clients. */
@ExtendWith(Servers.class)
@Timeout(300)
class PageserverPagesTest {
  private static final int PAGE = 8192;
  private static final Lsn LATEST = new Lsn(-1);
  private static final Lsn NEVER = new Lsn(Long.MAX_VALUE);

  @TempDir
  Path folder;

  private LogLines log;

  @BeforeEach
  void catchLog() {
    log = new LogLines();
  }

  @AfterEach
  void releaseLog() {
    log.close();
  }

  /** A relation of the database, and what is in its file. */
  private record Relation(int tablespace, int database, int number, ByteBuffer file) {
    static Relation of(TestDatabase database, String name) throws SQLException, IOException {
      Path file = Path.of(database.ask("SELECT current_setting('data_directory') || '/' || pg_relation_filepath('"
          + name + "')"));
      return new Relation(
          Integer.parseInt(database.ask("SELECT oid FROM pg_tablespace WHERE spcname = 'pg_default'")),
          Integer.parseInt(database.ask("SELECT oid FROM pg_database WHERE datname = current_database()")),
          Integer.parseInt(file.getFileName().toString()), ByteBuffer.wrap(Files.readAllBytes(file)));
    }

    int blocks() {
      return file.limit() / PAGE;
    }

    ByteBuffer block(int block) {
      return file.slice(block * PAGE, PAGE).order(ByteOrder.LITTLE_ENDIAN);
    }

    byte[] request(int tag, Lsn request, Lsn since, int block) {
      ByteBuffer bytes = ByteBuffer.allocate(tag == 2 ? 34 : 30).put((byte) tag).putLong(request.value())
          .putLong(since.value()).putInt(tablespace).putInt(database).putInt(number).put((byte) 0);
      return (tag == 2 ? bytes.putInt(block) : bytes).array();
    }
  }

  private static Connection connect(TestServer server) throws SQLException {
    InetSocketAddress address = server.pages();
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + address.getPort() + "/any?user=me&preferQueryMode=simple");
  }

  private static CopyDual stream(Connection connection, Timeline timeline) throws SQLException {
    return connection.unwrap(PGConnection.class).getCopyAPI()
        .copyDual("pagestream_v2 " + timeline.metadata().tenantId() + " " + timeline.id());
  }

  private static ByteBuffer ask(CopyDual stream, byte[] request) throws SQLException {
    stream.writeToCopy(request, 0, request.length);
    stream.flushCopy();
    return ByteBuffer.wrap(stream.readFromCopy());
  }

  private static ByteBuffer page(CopyDual stream, Relation relation, Lsn request, Lsn since, int block)
      throws SQLException {
    ByteBuffer answer = ask(stream, relation.request(2, request, since, block));
    assertEquals(102, answer.get(), () -> text(answer));
    return answer.slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  private static String text(ByteBuffer answer) {
    return StandardCharsets.UTF_8.decode(answer.duplicate()).toString();
  }

  @Test
  void pages_equalThoseOfPostgres(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    try (TestServer server = TestServer.start(folder.resolve("data"), TestServer.SMALL_LAYERS,
        database.connectionString())) {
      Timeline timeline = server.timeline(database);
      database.execute("CREATE TABLE whole (id int, text text)");
      database.execute("INSERT INTO whole SELECT i, md5(i::text) FROM generate_series(1, 5000) i");
      database.execute("CREATE INDEX whole_index ON whole (text)"); // all of it is logged as pages
      database.execute("VACUUM FULL whole"); // and so are both relations
      Lsn end = database.work(1);
      database.execute("CHECKPOINT");
      Relation table = Relation.of(database, "whole");
      Relation index = Relation.of(database, "whole_index");
      assertTrue(table.blocks() > 10 && index.blocks() > 10);
      try (Connection connection = connect(server)) {
        CopyDual stream = stream(connection, timeline);
        for (Relation relation : List.of(table, index)) {
          for (int block = 0; block < relation.blocks(); block++) {
            checkEqual(relation.block(block), page(stream, relation, LATEST, end, block), block);
          }
          assertEquals(relation.blocks(), ask(stream, relation.request(1, LATEST, end, 0)).getInt(1));
          assertEquals(1, ask(stream, relation.request(0, LATEST, end, 0)).get(1));
        }
        checkRedo(database, stream, table, end);
        stream.endCopy();
        checkPositions(connection, timeline);
      }
      server.closeInOrder();
    } finally {
      database.execute("DROP TABLE IF EXISTS whole");
    }
    assertEquals(List.of(), log.lines(Level.WARN));
  }

  /** Of two changes after a checkpoint the first one logs the page, the second does not. */
  private static void checkRedo(TestDatabase database, CopyDual stream, Relation table, Lsn before) throws Exception {
    database.execute("DELETE FROM whole WHERE ctid = '(0,1)'");
    database.execute("DELETE FROM whole WHERE ctid = '(0,2)'");
    Lsn after = database.work(0);
    ByteBuffer refused = ask(stream, table.request(2, LATEST, after, 0));
    assertEquals(103, refused.get());
    assertTrue(text(refused).contains("would have to be replayed"), text(refused));
    checkEqual(table.block(0), page(stream, table, before, before, 0), 0);
  }

  /** The server may set hints in a page, and log nothing of that. */
  private static void checkEqual(ByteBuffer expected, ByteBuffer page, int block) {
    assertEquals(DataFiles.withoutHints(expected), DataFiles.withoutHints(page),
        () -> "block " + block + ": " + DataFiles.difference(expected, page));
  }

  private static void checkPositions(Connection connection, Timeline timeline) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(
            "get_last_record_rlsn " + timeline.metadata().tenantId() + " " + timeline.id())) {
      assertTrue(row.next());
      Lsn previous = Lsn.parse(row.getString("prev_lsn"));
      Lsn last = Lsn.parse(row.getString("last_lsn"));
      assertTrue(previous.isBefore(last), previous + " and " + last);
    }
    try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery("status")) {
      assertTrue(row.next());
      assertEquals(timeline.id().toString(), row.getString("timeline_id"));
      assertEquals("active", row.getString("state"));
    }
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("show " + timeline.metadata().tenantId())) {
      assertTrue(row.next());
      assertEquals(1 << 18, row.getLong("checkpoint_distance"));
    }
  }

  @Test
  void wait_endsWhenTheLogComes(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    try (TestServer server = TestServer.start(folder.resolve("data"), TestServer.SMALL_LAYERS,
        database.connectionString()); Connection connection = connect(server)) {
      Timeline timeline = server.timeline(database);
      CopyDual stream = stream(connection, timeline);
      database.execute("CREATE TABLE IF NOT EXISTS late (id int)");
      Relation late = Relation.of(database, "late");
      TestServer.awaitRecords(timeline, database.work(0));
      Lsn future = timeline.lastRecordLsn().plus(100_000);
      byte[] request = late.request(0, LATEST, future, 0);
      stream.writeToCopy(request, 0, request.length);
      stream.flushCopy();
      Await.until("the request waits", () -> !timeline.scope().gate().holders().stream()
          .filter(each -> each.name().contains("page client")).toList().isEmpty());
      while (database.work(1).isBefore(future)) {
        Thread.onSpinWait();
      }
      assertEquals(1, ByteBuffer.wrap(stream.readFromCopy()).get(1));
      stream.endCopy();
    }
  }

  @Test
  void close_endsInOrderWithClientsThere(Servers.Running servers) throws Exception {
    TestDatabase database = servers.first();
    try (TestServer server = TestServer.start(folder.resolve("data"), TestServer.SMALL_LAYERS,
        database.connectionString());
        Connection idle = connect(server);
        Statement statement = idle.createStatement();
        Connection waiting = connect(server)) {
      Timeline timeline = server.timeline(database);
      CopyDual stream = stream(waiting, timeline);
      byte[] request = new Relation(1, 1, 1, ByteBuffer.allocate(0)).request(0, LATEST, NEVER, 0);
      stream.writeToCopy(request, 0, request.length);
      stream.flushCopy();
      Await.until("the request waits", () -> timeline.scope().gate().holders().stream()
          .anyMatch(each -> each.name().contains("page client")));
      CloseReport report = server.closeInOrder();
      assertEquals("stop accepting page clients", report.steps().getFirst().name(), report::toString);
      assertThrows(SQLException.class, stream::readFromCopy); // the driver waits for more behind the error
      assertEquals("57P01",
          assertThrows(SQLException.class, () -> statement.executeQuery("status")).getSQLState());
    }
  }
}
