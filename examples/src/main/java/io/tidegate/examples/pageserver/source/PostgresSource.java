// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.source;

import io.tidegate.examples.pageserver.wal.Lsn;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;

/**
 * One PostgreSQL server, version 15 or newer, as a source of WAL.
 *
 * <p>It holds no connection: each call opens its own and closes it, but for {@link #connect} and {@link #stream}, whose
 * results the caller closes. All calls block, at most some ten seconds where they connect, and may be made by any
 * thread; an interrupt of a virtual thread ends them with a {@link SourceException}.
 */
public final class PostgresSource implements WalSource {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

  /** For each answer until the connection stands: a peer that accepts and stays mute must not hold the caller. */
  private static final Duration LOGIN_LIMIT = Duration.ofSeconds(10);

  private static final String REPLICATION_VERSION = "15";
  private static final Pattern SLOT_NAME = Pattern.compile("[a-z0-9_]{1,63}");
  private static final String DUPLICATE_OBJECT = "42710";
  private static final String UNDEFINED_OBJECT = "42704";

  private final ConnectionString server;

  private PostgresSource(ConnectionString server) {
    this.server = server;
  }

  /**
   * {@return the server that a user's connection string names} Nothing is connected yet.
   *
   * @param connectionString {@code postgresql://user:password@host:port/database?parameter=value}, or {@code host=...
   *     port=... user=...}, or a {@code jdbc:postgresql:} URL
   * @throws IllegalArgumentException if it is none of these; the message says why and never has the password in it
   */
  public static PostgresSource of(String connectionString) {
    return new PostgresSource(ConnectionString.parse(connectionString));
  }

  /**
   * {@return a new ordinary connection, in auto-commit mode}
   *
   * @throws SourceException if the server cannot be reached or refuses
   */
  public Connection connect() {
    Properties properties = server.properties();
    properties.putIfAbsent(PGProperty.APPLICATION_NAME.getName(), "pageserver");
    return connect(properties, "cannot connect");
  }

  @Override
  public ServerIdentity identify() {
    try (StatusConnection status = connectForStatus()) {
      return status.identify();
    }
  }

  @Override
  public StatusConnection connectForStatus() {
    Connection replication = connectForReplication("pageserver", List.of());
    try {
      replication.setNetworkTimeout(Runnable::run, (int) LOGIN_LIMIT.toMillis());
    } catch (SQLException failure) {
      SourceException inWords = Failures.of(server.where(), "cannot connect for replication", failure);
      closeAfter(inWords, replication);
      throw inWords;
    }
    return new PostgresStatus(server.where(), replication);
  }

  @Override
  public Lsn ensureSlot(String slot) {
    checkSlotName(slot);
    try (Connection replication = connectForReplication(slot, List.of());
        Statement statement = replication.createStatement()) {
      Lsn existing = readSlot(statement, slot);
      if (existing != null) {
        return existing;
      }
      createSlot(statement, slot);
      Lsn created = readSlot(statement, slot);
      if (created == null) {
        throw new SourceException(
            server.where() + ": slot \"" + slot + "\" was dropped while it was being created", true, null);
      }
      return created;
    } catch (SQLException failure) {
      throw Failures.of(server.where(), "cannot create or read slot \"" + slot + "\"", failure);
    }
  }

  @Override
  public void dropSlot(String slot) {
    checkSlotName(slot);
    try (Connection replication = connectForReplication(slot, List.of());
        Statement statement = replication.createStatement()) {
      statement.execute("DROP_REPLICATION_SLOT " + slot);
    } catch (SQLException failure) {
      if (!UNDEFINED_OBJECT.equals(failure.getSQLState())) {
        throw Failures.of(server.where(), "cannot drop slot \"" + slot + "\"", failure);
      }
    }
  }

  @Override
  public PostgresStream stream(String slot, Lsn start, Duration silence) {
    checkSlotName(slot);
    Connection replication = connectForReplication(slot, List.of("-c wal_sender_timeout=" + silence.toMillis()));
    try {
      String command = "START_REPLICATION SLOT " + slot + " PHYSICAL " + start;
      return new PostgresStream(
          server.where(), replication, replication.unwrap(PGConnection.class).getCopyAPI().copyDual(command), start);
    } catch (SQLException failure) {
      SourceException inWords =
          Failures.of(server.where(), "cannot stream WAL from " + start + " of slot \"" + slot + "\"", failure);
      closeAfter(inWords, replication);
      throw inWords;
    }
  }

  @Override
  public String where() {
    return server.where();
  }

  /** The server, user and database, without the password. */
  @Override
  public String toString() {
    return server.toString();
  }

  private Connection connectForReplication(String applicationName, List<String> options) {
    Properties properties = server.properties();
    PGProperty.REPLICATION.set(properties, "true");
    PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, REPLICATION_VERSION);
    PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
    properties.putIfAbsent(PGProperty.APPLICATION_NAME.getName(), applicationName);
    // The last one wins: the user's, if there is one.
    options.forEach(option ->
        properties.merge(PGProperty.OPTIONS.getName(), option, (given, ours) -> ours + " " + given));
    return connect(properties, "cannot connect for replication");
  }

  private Connection connect(Properties properties, String what) {
    properties.putIfAbsent(PGProperty.CONNECT_TIMEOUT.getName(), Long.toString(CONNECT_LIMIT.toSeconds()));
    properties.putIfAbsent(PGProperty.TCP_KEEP_ALIVE.getName(), "true");
    PGProperty.SOCKET_TIMEOUT.set(properties, (int) LOGIN_LIMIT.toSeconds());
    try {
      Connection connection = new Driver().connect(server.url(), properties);
      if (connection == null) {
        throw new IllegalStateException("the driver does not take its own URL for " + this);
      }
      connection.setNetworkTimeout(Runnable::run, 0);
      return connection;
    } catch (SQLException failure) {
      throw Failures.of(server.where(), what, failure);
    }
  }

  /** {@return the position that the slot keeps, null if there is no such slot} */
  private @Nullable Lsn readSlot(Statement statement, String slot) throws SQLException {
    try (ResultSet row = statement.executeQuery("READ_REPLICATION_SLOT " + slot)) {
      if (!row.next() || row.getString("slot_type") == null) {
        return null;
      }
      String restart = row.getString("restart_lsn");
      if (restart == null) {
        throw Failures.removed(
            server.where() + ": slot \"" + slot + "\" keeps no WAL: it was invalidated, or made without RESERVE_WAL");
      }
      return Lsn.parse(restart);
    }
  }

  private static void createSlot(Statement statement, String slot) throws SQLException {
    try {
      statement.execute("CREATE_REPLICATION_SLOT " + slot + " PHYSICAL RESERVE_WAL");
    } catch (SQLException failure) {
      // Somebody else created it between our two commands: as good as ours.
      if (!DUPLICATE_OBJECT.equals(failure.getSQLState())) {
        throw failure;
      }
    }
  }

  private static void checkSlotName(String slot) {
    if (!SLOT_NAME.matcher(slot).matches()) {
      throw new IllegalArgumentException(
          "a slot's name has 1 to 63 lower-case letters, digits and underscores: \"" + slot + "\"");
    }
  }

  private static void closeAfter(SourceException failure, Connection connection) {
    try {
      connection.close();
    } catch (SQLException further) {
      failure.addSuppressed(further);
    }
  }
}
