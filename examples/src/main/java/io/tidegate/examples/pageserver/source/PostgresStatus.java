// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.source;

import io.tidegate.examples.pageserver.wal.Lsn;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link StatusConnection} over a replication connection, so that it asks for no more rights than a stream does.
 *
 * @param where the server, for messages
 * @param connection its own
 */
record PostgresStatus(String where, Connection connection) implements StatusConnection {
  private static final Logger log = LoggerFactory.getLogger(PostgresStatus.class);

  private static final String WHAT = "cannot identify the server";

  @Override
  public ServerIdentity identify() {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("IDENTIFY_SYSTEM")) {
      if (!row.next()) {
        throw new SourceException(where + ": " + WHAT + ": no answer to IDENTIFY_SYSTEM", false, null);
      }
      return new ServerIdentity(
          Long.parseUnsignedLong(row.getString("systemid")),
          row.getInt("timeline"),
          Lsn.parse(row.getString("xlogpos")));
    } catch (SQLException failure) {
      throw Failures.of(where, WHAT, failure);
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException broken) {
      log.debug("{}: the status connection was broken already", where, broken);
    }
  }
}
