// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import org.postgresql.PGConnection;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/** The log that a real PostgreSQL 18 wrote under a mixed workload, with what the server itself says is in it. */
final class PostgresWal {
  /** A row of {@code pg_get_wal_records_info}. */
  record Inspected(Lsn start, Lsn end, Lsn previous, int resourceManager, int xid, int length, int main, int images) {}

  /** A row of {@code pg_get_wal_block_info}. */
  record InspectedBlock(Lsn start, int id, PageKey key, int dataLength, int imageLength, String imageFlags) {}

  /** What one message of physical replication carried. */
  record Piece(Lsn at, ByteBuffer bytes) {}

  private static final List<String> WORKLOAD = List.of(
      "CREATE TABLE account (id bigint PRIMARY KEY, owner text, balance int)",
      "INSERT INTO account SELECT i, 'owner ' || i, 0 FROM generate_series(1, 20000) i",
      "CHECKPOINT",
      "UPDATE account SET balance = id WHERE id % 10 = 0",
      "CREATE INDEX ON account (owner)",
      "DELETE FROM account WHERE id % 7 = 0",
      "VACUUM (FREEZE, ANALYZE) account",
      "CREATE TABLE document (id int, body text)",
      "ALTER TABLE document ALTER body SET STORAGE EXTERNAL",
      "INSERT INTO document SELECT 1, string_agg(md5(i::text), '') FROM generate_series(1, 150000) i",
      "SELECT pg_logical_emit_message(true, 'large', repeat('0123456789', 300000))",
      "CREATE TABLE tagged (id serial, tags jsonb, place point)",
      "CREATE INDEX ON tagged USING gin (tags)",
      "CREATE INDEX ON tagged USING gist (place)",
      "CREATE INDEX ON tagged USING brin (id)",
      "CREATE INDEX ON tagged USING hash (id)",
      "INSERT INTO tagged (tags, place) SELECT jsonb_build_object('k' || i % 9, i), point(i, -i)"
          + " FROM generate_series(1, 3000) i",
      "SET wal_compression = pglz",
      "CHECKPOINT",
      "UPDATE account SET balance = balance + 1 WHERE id % 50 = 1",
      "SET wal_compression = off",
      "BEGIN",
      "INSERT INTO account VALUES (-1, 'top', 0)",
      "SAVEPOINT inner_one",
      "INSERT INTO account VALUES (-2, 'sub', 0)",
      "ROLLBACK TO inner_one",
      "INSERT INTO account VALUES (-3, 'sub', 0)",
      "COMMIT",
      "SELECT pg_replication_origin_create('elsewhere')",
      "SELECT pg_replication_origin_session_setup('elsewhere')",
      "INSERT INTO account VALUES (-4, 'from elsewhere', 0)",
      "SELECT pg_replication_origin_session_reset()",
      "TRUNCATE tagged",
      "BEGIN",
      "UPDATE account SET balance = -1 WHERE id < 500",
      "ROLLBACK",
      "CREATE DATABASE other STRATEGY wal_log");

  private final Lsn redo;
  private final Lsn afterSwitch;
  private final Lsn insertAfterSwitch;
  private final Lsn end;
  private final byte[] segments;
  private final List<Inspected> records;
  private final List<InspectedBlock> blocks;
  private final List<Piece> stream;

  private PostgresWal(EmbeddedPostgres server, Path data) throws SQLException, IOException {
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement sql = connection.createStatement()) {
      sql.execute("CREATE EXTENSION pg_walinspect");
      sql.execute("CHECKPOINT");
      redo = lsn(sql, "SELECT redo_lsn FROM pg_control_checkpoint()");
      execute(sql, WORKLOAD);
      insertAfterSwitch = switchSegment(sql);
      afterSwitch = WalLayout.DEFAULT.segmentStart(insertAfterSwitch);
      execute(sql, List.of("INSERT INTO account VALUES (-5, 'next segment', 0)", "SELECT pg_switch_wal()",
          "UPDATE account SET owner = 'again' WHERE id % 20 = 3", "CHECKPOINT"));
      records = inspectRecords(sql, redo, lsn(sql, "SELECT pg_current_wal_flush_lsn()"));
      end = records.getLast().end();
      blocks = inspectBlocks(sql, redo, end);
      segments = readSegments(data.resolve("pg_wal"), redo, end);
      stream = receive(server.getPort(), redo, end);
    }
  }

  /** {@return the one captured log of this JVM} */
  static PostgresWal captured() {
    return Holder.CAPTURED;
  }

  Lsn redo() {
    return redo;
  }

  /** {@return the start of the segment after the first switch, which is the server's flush position then} */
  Lsn afterSwitch() {
    return afterSwitch;
  }

  /** {@return the server's insert position at the same moment} */
  Lsn insertAfterSwitch() {
    return insertAfterSwitch;
  }

  Lsn end() {
    return end;
  }

  /** {@return the bytes of the segment files from one position to another} */
  ByteBuffer bytes(Lsn from, Lsn to) {
    int offset = (int) from.minus(WalLayout.DEFAULT.segmentStart(redo));
    return ByteBuffer.wrap(segments, offset, (int) to.minus(from)).slice();
  }

  List<Inspected> records() {
    return records;
  }

  List<InspectedBlock> blocks() {
    return blocks;
  }

  /** {@return what physical replication sent from {@link #redo} on} */
  List<Piece> stream() {
    return stream;
  }

  private static void execute(Statement sql, List<String> commands) throws SQLException {
    for (String command : commands) {
      sql.execute(command);
    }
  }

  /** Switches until no record of the server's own slipped in behind, and returns the insert position. */
  private static Lsn switchSegment(Statement sql) throws SQLException {
    for (int attempt = 0; attempt < 10; attempt++) {
      sql.execute("SELECT pg_switch_wal()");
      Lsn insert = lsn(sql, "SELECT pg_current_wal_insert_lsn()");
      Lsn flushed = lsn(sql, "SELECT pg_current_wal_flush_lsn()");
      if (flushed.equals(WalLayout.DEFAULT.segmentStart(insert))) {
        return insert;
      }
    }
    throw new IllegalStateException("the server is never quiet");
  }

  private static Lsn lsn(Statement sql, String query) throws SQLException {
    try (ResultSet row = sql.executeQuery(query)) {
      row.next();
      return Lsn.parse(row.getString(1));
    }
  }

  private static List<Inspected> inspectRecords(Statement sql, Lsn from, Lsn to) throws SQLException {
    List<Inspected> found = new ArrayList<>();
    try (ResultSet row = sql.executeQuery(
        "SELECT start_lsn, end_lsn, prev_lsn, rm_id, xid::text::bigint, record_length, main_data_length, fpi_length"
            + " FROM pg_get_wal_records_info('" + from + "', '" + to + "')"
            + " JOIN pg_get_wal_resource_managers() ON rm_name = resource_manager ORDER BY start_lsn")) {
      while (row.next()) {
        found.add(new Inspected(Lsn.parse(row.getString(1)), Lsn.parse(row.getString(2)), Lsn.parse(row.getString(3)),
            row.getInt(4), (int) row.getLong(5), row.getInt(6), row.getInt(7), row.getInt(8)));
      }
    }
    return found;
  }

  private static List<InspectedBlock> inspectBlocks(Statement sql, Lsn from, Lsn to) throws SQLException {
    List<InspectedBlock> found = new ArrayList<>();
    try (ResultSet row = sql.executeQuery(
        "SELECT start_lsn, block_id, reltablespace::bigint, reldatabase::bigint, relfilenode::bigint, relforknumber,"
            + " relblocknumber, block_data_length, block_fpi_length, array_to_string(block_fpi_info, ' ')"
            + " FROM pg_get_wal_block_info('" + from + "', '" + to + "', false) ORDER BY start_lsn, block_id")) {
      while (row.next()) {
        PageKey key = new PageKey(
            (int) row.getLong(3), (int) row.getLong(4), (int) row.getLong(5), row.getByte(6), (int) row.getLong(7));
        String flags = row.getString(10);
        found.add(new InspectedBlock(Lsn.parse(row.getString(1)), row.getInt(2), key, row.getInt(8), row.getInt(9),
            flags == null ? "" : flags));
      }
    }
    return found;
  }

  private static byte[] readSegments(Path directory, Lsn from, Lsn to) throws IOException {
    Lsn first = WalLayout.DEFAULT.segmentStart(from);
    ByteBuffer all = ByteBuffer.allocate((int) WalLayout.DEFAULT.segmentEnd(to).minus(first));
    for (Lsn segment = first; segment.isBefore(to); segment = segment.plus(WalLayout.DEFAULT.segmentSize())) {
      all.put(Files.readAllBytes(directory.resolve(WalLayout.DEFAULT.fileName(1, segment))));
    }
    return all.array();
  }

  private static List<Piece> receive(int port, Lsn from, Lsn to) throws SQLException {
    Properties properties = new Properties();
    properties.putAll(Map.of(
        "user", "postgres", "replication", "true", "assumeMinServerVersion", "15", "preferQueryMode", "simple"));
    List<Piece> pieces = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection("jdbc:postgresql://localhost:" + port + "/", properties);
        PGReplicationStream source = connection.unwrap(PGConnection.class).getReplicationAPI().replicationStream()
            .physical().withStartPosition(LogSequenceNumber.valueOf(from.value())).start()) {
      Lsn reached = from;
      while (reached.isBefore(to)) {
        ByteBuffer message = Objects.requireNonNull(source.read());
        reached = new Lsn(source.getLastReceiveLSN().asLong());
        ByteBuffer copy = ByteBuffer.allocate(message.remaining()).put(message).flip();
        pieces.add(new Piece(reached.plus(-copy.remaining()), copy));
      }
    }
    return pieces;
  }

  /** Starts a server, captures its log, and stops it, which removes its data directory. */
  private static PostgresWal capture() {
    try {
      Path data = Files.createTempDirectory("tidegate-wal");
      try (EmbeddedPostgres server = EmbeddedPostgres.builder()
          .setDataDirectory(data)
          .setServerConfig("wal_level", "logical")
          .setServerConfig("wal_keep_size", "1GB")
          .setServerConfig("max_wal_senders", "4")
          .setServerConfig("autovacuum", "off")
          .start()) {
        return new PostgresWal(server, data);
      }
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } catch (SQLException failed) {
      throw new IllegalStateException(failed);
    }
  }

  /** Starts the server when the first test asks for its log. */
  private static final class Holder {
    static final PostgresWal CAPTURED = capture();
  }
}
