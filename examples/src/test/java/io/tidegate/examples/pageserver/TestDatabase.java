// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.source.LocalPostgres;
import io.tidegate.examples.pageserver.source.PostgresSource;
import io.tidegate.examples.pageserver.source.ServerIdentity;
import io.tidegate.examples.pageserver.source.Workload;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.WalLayout;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import java.util.Random;

/** A PostgreSQL server in a test's hands, which knows what is in its own log. Confined to one thread. */
final class TestDatabase implements AutoCloseable {
  /** Keep-alives come after half of it, and with them the reports out that wait behind a blocked read. */
  private static final String ANXIOUS = "&options=-c%20wal_sender_timeout=2s";

  private final LocalPostgres server;
  private final Connection connection;
  private final Random random = new Random(42);

  TestDatabase(LocalPostgres server) throws Exception {
    this.server = server;
    this.connection = PostgresSource.of(server.connectionString()).connect();
    Await.until("the server takes writes", () -> ask("SELECT pg_is_in_recovery()").equals("f"));
    execute("CREATE EXTENSION IF NOT EXISTS pg_walinspect");
    execute("ALTER SYSTEM SET wal_keep_size = '1GB'"); // so that the log can be inspected from its start
    execute("SELECT pg_reload_conf()");
    Workload.prepare(connection);
  }

  LocalPostgres server() {
    return server;
  }

  String connectionString() {
    return server.connectionString() + ANXIOUS;
  }

  PostgresSource source() {
    return PostgresSource.of(connectionString());
  }

  /** {@return the metadata of a new timeline that receives from a server, which keeps its log for that from now on} */
  static TimelineMetadata newTimeline(PostgresSource source) {
    ServerIdentity cluster = source.identify();
    String slot = "tidegate_" + Long.toUnsignedString(cluster.systemIdentifier());
    return TimelineMetadata.of(TenantId.random(), TimelineId.random(), source.ensureSlot(slot))
        .withSource(cluster.systemIdentifier(), cluster.timeline(), slot);
  }

  /** Writes about 65 kB of log a step, and answers where the log ends then. */
  Lsn work(int steps) throws SQLException {
    for (int i = 0; i < steps; i++) {
      Workload.step(connection, random);
    }
    return WalLayout.DEFAULT.recordEnd(Lsn.parse(ask("SELECT pg_current_wal_insert_lsn()")));
  }

  /** {@return how many records the server itself finds in its log between two ends of records} */
  long records(Lsn from, Lsn to) throws SQLException {
    return Long.parseLong(ask("SELECT count(*) FROM pg_get_wal_records_info('" + from + "', '" + to + "')"));
  }

  /** {@return what the one receiver has reported under this name, as {@code flush_lsn}; invalid if there is none} */
  Lsn reported(String position) throws SQLException {
    String text = ask("SELECT coalesce(max(" + position + "), '0/0') FROM pg_stat_replication");
    return Lsn.parse(text);
  }

  void execute(String command) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(command);
    }
  }

  /** Has all pages written to the data files, and answers the position up to which they are in any case. */
  Lsn checkpoint() throws SQLException {
    execute("CHECKPOINT");
    return Lsn.parse(ask("SELECT redo_lsn FROM pg_control_checkpoint()"));
  }

  /** {@return the first column of the one row that a query finds} */
  String ask(String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return Objects.requireNonNull(row.getString(1));
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
    server.close();
  }
}
