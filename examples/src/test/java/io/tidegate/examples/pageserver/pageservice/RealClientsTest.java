// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.testing.LeakCheck;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyDual;

/** The page service as psql and PostgreSQL's JDBC driver see it. psql has to be installed. */
@ExtendWith(LeakCheck.class)
@Timeout(300)
class RealClientsTest {
  private static final String STREAM = "pagestream_v2 " + FakeTimelines.TENANT + " " + FakeTimelines.TIMELINE;
  private static final String LAST = "get_last_record_rlsn " + FakeTimelines.TENANT + " " + FakeTimelines.TIMELINE;

  /** What a run of psql came to. */
  private record Run(int exit, String out, String err) {}

  private static Run psql(ServiceUnderTest under, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("psql", "-X", "-A",
        "-h", "127.0.0.1", "-p", String.valueOf(under.service.address().getPort()), "-U", "me", "-d", "any"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("LC_ALL", "C");
    Process psql = builder.redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null"))).start();
    String err = new String(psql.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    String out = new String(psql.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Run(psql.waitFor(), out, err);
  }

  private static Connection jdbc(ServiceUnderTest under, String mode) throws SQLException {
    return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + under.service.address().getPort()
        + "/any?user=me&preferQueryMode=" + mode);
  }

  @Test
  void psql_showsTables() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest()) {
      Run run = psql(under, "-c", LAST, "-c", "show " + FakeTimelines.TENANT + ";", "-c", "status");
      assertEquals("""
          prev_lsn|last_lsn
          0/FFF|0/1000
          (1 row)
          checkpoint_distance|checkpoint_timeout
          1024|30s
          (1 row)
          tenant_id|timeline_id|state|last_record_lsn|disk_consistent_lsn
          00000000000000010000000000000002|00000000000000030000000000000004|active|0/1000|0/0
          (1 row)
          """, run.out());
      assertEquals("", run.err());
      assertEquals(0, run.exit());
      under.awaitNobody();
    }
  }

  @Test
  void psql_showsErrors() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest()) {
      Run run = psql(under, "-v", "VERBOSITY=verbose", "-c", "select 1");
      assertTrue(run.err().startsWith("ERROR:  42601: unknown command \"select\""), run.err());
      assertEquals(1, run.exit());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"simple", "extended", "extendedForPrepared", "extendedCacheEverything"})
  void jdbc_asksInEveryMode(String mode) throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest()) {
      try (Connection connection = jdbc(under, mode); Statement statement = connection.createStatement()) {
        assertTrue(connection.isValid(10));
        for (int i = 0; i < 10; i++) {
          try (ResultSet row = statement.executeQuery(LAST)) {
            assertTrue(row.next());
            assertEquals("0/1000", row.getString("last_lsn"));
          }
        }
        SQLException refused = assertThrows(SQLException.class, () -> statement.executeQuery("show nobody"));
        assertEquals("22023", refused.getSQLState());
        try (ResultSet row = statement.executeQuery("show " + FakeTimelines.TENANT)) {
          assertTrue(row.next());
          assertEquals(1024, row.getLong("checkpoint_distance"));
        }
      }
      under.awaitNobody();
    }
  }

  @Test
  void jdbc_streamsPages() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest()) {
      try (Connection connection = jdbc(under, "simple")) {
        CopyDual stream = connection.unwrap(PGConnection.class).getCopyAPI().copyDual(STREAM);
        for (int block = 0; block < 100; block++) {
          byte[] request = ByteBuffer.allocate(34).put((byte) 2).putLong(-1).putLong(1)
              .putInt(1663).putInt(5).putInt(1).put((byte) 0).putInt(block).array();
          stream.writeToCopy(request, 0, request.length);
          stream.flushCopy();
          ByteBuffer answer = ByteBuffer.wrap(stream.readFromCopy());
          assertEquals(102, answer.get());
          assertEquals(block, answer.getInt());
        }
        stream.endCopy();
        assertTrue(connection.isValid(10));
      }
      under.awaitNobody();
    }
  }

  @Test
  void jdbc_isToldOfTheClose() throws Exception {
    try (ServiceUnderTest under = new ServiceUnderTest(); Connection connection = jdbc(under, "simple");
        Statement statement = connection.createStatement()) {
      under.service.close();
      SQLException ended = assertThrows(SQLException.class, () -> statement.executeQuery(LAST));
      assertEquals("57P01", ended.getSQLState());
    }
  }
}
