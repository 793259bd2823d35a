// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalPostgresTest {
  @TempDir
  static Path folder;

  @Test
  void restart_keepsTheClusterAndItsData() throws Exception {
    Path data = folder.resolve("data");
    ServerIdentity before;
    long rows;
    try (LocalPostgres server = LocalPostgres.start(data)) {
      PostgresSource source = PostgresSource.of(server.connectionString());
      before = source.identify();
      try (Connection connection = source.connect()) {
        Workload.prepare(connection);
        assertTrue(Workload.step(connection, new Random(1)) > 200);
        assertTrue(connection.getAutoCommit());
      }
      rows = query(source, "SELECT count(*) FROM pageserver_workload.event");
      assertEquals(1, query(source, "SELECT count(*) FROM pg_settings WHERE name = 'fsync' AND setting = 'on'"));
    }
    assertNull(Postmaster.of(data), "stopped");

    try (LocalPostgres server = LocalPostgres.start(data)) {
      PostgresSource source = PostgresSource.of(server.connectionString());
      ServerIdentity after = source.identify();
      assertEquals(before.systemIdentifier(), after.systemIdentifier());
      assertFalse(after.flushLsn().isBefore(before.flushLsn()));
      assertEquals(rows, query(source, "SELECT count(*) FROM pageserver_workload.event"));
    }
  }

  /** The other JVM gets no chance to clean up, and its server goes on without it. */
  @Test
  void serverOfAKilledJvm_isStoppedByTheNextStart() throws Exception {
    Path data = folder.resolve("killed");
    Process jvm = startInAnotherJvm(data);
    SourceException inUse = assertThrows(SourceException.class, () -> LocalPostgres.start(data));
    assertTrue(String.valueOf(inUse.getMessage()).contains("another process that is still alive"), inUse.toString());
    jvm.destroyForcibly().waitFor();
    Postmaster orphan = Postmaster.of(data);
    assertNotNull(orphan);
    assertTrue(orphan.process().isAlive());

    try (LocalPostgres server = LocalPostgres.start(data)) {
      assertFalse(orphan.process().isAlive());
      assertEquals(1, query(PostgresSource.of(server.connectionString()), "SELECT count(*) FROM survivor"));
    }
  }

  @Test
  void pidFile_thatNamesAnotherProgram_harmsNobody() throws Exception {
    Path data = folder.resolve("data");
    LocalPostgres.start(data).close();
    String innocent = Long.toString(ProcessHandle.current().pid());
    Files.write(Postmaster.pidFile(data), List.of(innocent, data.toString(), "1700000000", "5432", "", "127.0.0.1"));

    try (LocalPostgres server = LocalPostgres.start(data)) {
      assertTrue(server.port() > 0);
    }
  }

  @Test
  void secondServerOnTheFolder_isRefused() {
    Path data = folder.resolve("data");
    try (LocalPostgres server = LocalPostgres.start(data)) {
      SourceException refused = assertThrows(SourceException.class, () -> LocalPostgres.start(data));
      assertTrue(String.valueOf(refused.getMessage()).contains("already runs a server"), refused.toString());
      assertNotNull(PostgresSource.of(server.connectionString()).identify());
    }
  }

  @Test
  void close_ofAnInterruptedThread_stopsTheServerAndKeepsTheStatus() throws Exception {
    LocalPostgres server = LocalPostgres.start(folder.resolve("data"));
    Thread.currentThread().interrupt();
    server.close();

    assertTrue(Thread.interrupted());
    assertNull(Postmaster.of(server.dataDirectory()));
    server.close();
  }

  @Test
  void folderThatIsNotACluster_isReported() throws IOException {
    Path data = Files.createDirectory(folder.resolve("other"));
    Files.writeString(data.resolve("readme"), "not a cluster");

    SourceException failure = assertThrows(SourceException.class, () -> LocalPostgres.start(data));

    assertTrue(String.valueOf(failure.getMessage()).contains("other.log"), failure.toString());
  }

  /** Started in a JVM of its own: a server, a table with one row, and then only waiting to be killed. */
  static final class Victim {
    private Victim() {}

    public static void main(String[] args) throws Exception {
      LocalPostgres server = LocalPostgres.start(Path.of(args[0]));
      try (Connection connection = PostgresSource.of(server.connectionString()).connect();
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE survivor AS SELECT 1");
        System.out.println("ready");
        System.in.read();
      }
    }
  }

  private static Process startInAnotherJvm(Path data) throws IOException {
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Victim.class.getName(),
                data.toString())
            .redirectErrorStream(true)
            .start();
    BufferedReader output = jvm.inputReader(StandardCharsets.UTF_8);
    StringBuilder said = new StringBuilder();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.equals("ready")) {
        return jvm;
      }
      said.append(line).append('\n');
    }
    throw new IOException("the other JVM ended: " + said);
  }

  private static long query(PostgresSource source, String sql) throws SQLException {
    try (Connection connection = source.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      assertTrue(row.next());
      return row.getLong(1);
    }
  }
}
