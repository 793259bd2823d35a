// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.source;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.random.RandomGenerator;

/**
 * A small, steady write load of a few hundred rows a step, on tables that keep their size.
 *
 * <p>The tables are in a schema of their own, {@code pageserver_workload}. Pace and end are the caller's: each call is
 * one bounded piece of blocking work on a connection that nobody else uses meanwhile.
 */
public final class Workload {
  private static final String SCHEMA = "pageserver_workload";
  private static final int ACCOUNTS = 2_000;
  private static final int ACCOUNT_UPDATES = 60;
  private static final int EVENTS = 20_000;
  private static final int EVENT_INSERTS = 200;
  private static final int DOCUMENTS = 200;

  /** One step in so many writes a document: some kilobytes, stored out of line. */
  private static final int DOCUMENT_ODDS = 8;

  private static final int DOCUMENT_MIN_CHARS = 2_000;
  private static final int DOCUMENT_MAX_CHARS = 24_000;

  private Workload() {}

  /**
   * Creates schema and tables where they are missing; otherwise does nothing.
   *
   * @param connection an ordinary connection; its auto-commit mode is kept
   * @throws SQLException if the server refuses or the connection breaks
   */
  public static void prepare(Connection connection) throws SQLException {
    inTransaction(connection, () -> {
      try (Statement statement = connection.createStatement()) {
        statement.execute("CREATE SCHEMA IF NOT EXISTS " + SCHEMA);
        statement.execute("CREATE TABLE IF NOT EXISTS " + SCHEMA + ".account"
            + " (id int PRIMARY KEY, balance bigint NOT NULL, changes bigint NOT NULL)");
        statement.execute("CREATE TABLE IF NOT EXISTS " + SCHEMA + ".event"
            + " (id bigserial PRIMARY KEY, account int NOT NULL, amount int NOT NULL, note text NOT NULL)");
        statement.execute("CREATE TABLE IF NOT EXISTS " + SCHEMA + ".document"
            + " (id int PRIMARY KEY, body text NOT NULL)");
        statement.execute("INSERT INTO " + SCHEMA + ".account SELECT id, 0, 0 FROM generate_series(1, "
            + ACCOUNTS + ") id ON CONFLICT DO NOTHING");
      }
      return 0;
    });
  }

  /**
   * Runs one transaction of inserts, updates and deletes, now and then with a large row.
   *
   * @param connection an ordinary connection after {@link #prepare}; its auto-commit mode is kept
   * @param random chooses what is written
   * @return how many rows were inserted, updated or deleted
   * @throws SQLException if the server refuses or the connection breaks; the step is then rolled back
   */
  public static int step(Connection connection, RandomGenerator random) throws SQLException {
    return inTransaction(connection, () -> {
      int rows = insertEvents(connection, random) + updateAccounts(connection, random) + deleteOldEvents(connection);
      return random.nextInt(DOCUMENT_ODDS) == 0 ? rows + writeDocument(connection, random) : rows;
    });
  }

  private static int insertEvents(Connection connection, RandomGenerator random) throws SQLException {
    String sql = "INSERT INTO " + SCHEMA + ".event (account, amount, note)"
        + " SELECT 1 + (i * ?::bigint) % " + ACCOUNTS + ", i, md5((i + ?)::text) FROM generate_series(1, ?) i";
    try (PreparedStatement insert = connection.prepareStatement(sql)) {
      insert.setLong(1, 1 + random.nextInt(ACCOUNTS));
      insert.setLong(2, random.nextInt());
      insert.setInt(3, EVENT_INSERTS);
      return insert.executeUpdate();
    }
  }

  /** Updates a run of neighbours: in the same order in each step, so that two workloads cannot deadlock. */
  private static int updateAccounts(Connection connection, RandomGenerator random) throws SQLException {
    String sql = "UPDATE " + SCHEMA + ".account SET balance = balance + ?, changes = changes + 1 WHERE id IN"
        + " (SELECT id FROM " + SCHEMA + ".account WHERE id >= ? ORDER BY id LIMIT ? FOR UPDATE)";
    try (PreparedStatement update = connection.prepareStatement(sql)) {
      update.setInt(1, random.nextInt(-1_000, 1_000));
      update.setInt(2, 1 + random.nextInt(ACCOUNTS - ACCOUNT_UPDATES));
      update.setInt(3, ACCOUNT_UPDATES);
      return update.executeUpdate();
    }
  }

  private static int deleteOldEvents(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      return statement.executeUpdate("DELETE FROM " + SCHEMA + ".event WHERE id <= (SELECT max(id) - " + EVENTS
          + " FROM " + SCHEMA + ".event)");
    }
  }

  private static int writeDocument(Connection connection, RandomGenerator random) throws SQLException {
    String sql = "INSERT INTO " + SCHEMA + ".document (id, body) VALUES (?, ?)"
        + " ON CONFLICT (id) DO UPDATE SET body = excluded.body";
    try (PreparedStatement upsert = connection.prepareStatement(sql)) {
      upsert.setInt(1, random.nextInt(DOCUMENTS));
      upsert.setString(2, text(random, random.nextInt(DOCUMENT_MIN_CHARS, DOCUMENT_MAX_CHARS)));
      return upsert.executeUpdate();
    }
  }

  /** Random letters, so that the server cannot compress them away. */
  private static String text(RandomGenerator random, int length) {
    StringBuilder text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append((char) ('a' + random.nextInt(26)));
    }
    return text.toString();
  }

  private static int inTransaction(Connection connection, Work work) throws SQLException {
    boolean autoCommit = connection.getAutoCommit();
    connection.setAutoCommit(false);
    try {
      int rows = work.run();
      connection.commit();
      connection.setAutoCommit(autoCommit);
      return rows;
    } catch (SQLException | RuntimeException failure) {
      rollBackAfter(failure, connection, autoCommit);
      throw failure;
    }
  }

  private static void rollBackAfter(Exception failure, Connection connection, boolean autoCommit) {
    try {
      connection.rollback();
      connection.setAutoCommit(autoCommit);
    } catch (SQLException further) {
      failure.addSuppressed(further);
    }
  }

  @FunctionalInterface
  private interface Work {
    int run() throws SQLException;
  }
}
