// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.source;

import java.sql.SQLException;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Puts the driver's failures into words: where, what failed, what to do. */
final class Failures {
  /** States after which the same call may succeed: full, starting, stopping, slot still in use, serialization. */
  private static final Set<String> RETRYABLE =
      Set.of("53300", "55006", "57P01", "57P02", "57P03", "57P05", "40001", "40P01");

  private static final Map<String, String> ADVICE =
      Map.of(
          "08001", "Check the address, and that PostgreSQL runs there and listens on it.",
          "08004", "Check the user, and the server's pg_hba.conf.",
          "08P01", "Check that a PostgreSQL server listens at that address.",
          "28000", "Check the user, and that pg_hba.conf lets it connect, also to \"replication\".",
          "28P01", "Check the user and the password.",
          "3D000", "Name an existing database.",
          "42501", "Give the user the REPLICATION attribute: ALTER ROLE ... REPLICATION.",
          "53300", "Raise max_wal_senders or max_connections on the server.",
          "53400", "Raise max_replication_slots on the server, or drop a slot that nobody needs.",
          "55006", "Another connection still uses the slot.");

  private static final String REMOVED_ADVICE =
      "The WAL from there on is lost: drop the slot and begin anew with an empty store.";

  private Failures() {}

  /** {@return the failure in words} {@code where} is the server as host:port, {@code what} like "cannot connect". */
  static SourceException of(String where, String what, SQLException failure) {
    String state = Objects.requireNonNullElse(failure.getSQLState(), "");
    String text = where + ": " + what + ": " + failure.getMessage();
    if (isRemoved(state, failure)) {
      return removed(text, failure);
    }
    String advice = ADVICE.get(state);
    return new SourceException(
        advice == null ? text : sentence(text) + " " + advice, isRetryable(state, failure), failure);
  }

  static WalRemovedException removed(String text, SQLException failure) {
    return new WalRemovedException(sentence(text) + " " + REMOVED_ADVICE, failure);
  }

  static WalRemovedException removed(String text) {
    return new WalRemovedException(sentence(text) + " " + REMOVED_ADVICE, null);
  }

  /** A removed segment is reported as a missing file; an invalidated slot only by its text. */
  private static boolean isRemoved(String state, SQLException failure) {
    return state.equals("58P01")
        || (state.equals("55000") && String.valueOf(failure.getMessage()).contains("no longer"));
  }

  /** Class 08 is the connection's, but for a refusal of the user and a peer that does not speak the protocol. */
  private static boolean isRetryable(String state, SQLException failure) {
    if (RETRYABLE.contains(state)) {
      return true;
    }
    return state.startsWith("08")
        && !state.equals("08004")
        && !state.equals("08P01")
        && !(failure.getCause() instanceof java.net.UnknownHostException);
  }

  private static String sentence(String text) {
    return text.endsWith(".") ? text : text + ".";
  }
}
