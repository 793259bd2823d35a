// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice.wire;

/** The error codes that this server sends; see "PostgreSQL Error Codes" in PostgreSQL's documentation. */
public enum SqlState {
  /** The client broke the protocol. */
  PROTOCOL_VIOLATION("08P01"),
  /** A part of the protocol that this server does not know. */
  FEATURE_NOT_SUPPORTED("0A000"),
  /** An argument that cannot be. */
  INVALID_PARAMETER_VALUE("22023"),
  /** A prepared statement that there is not. */
  UNDEFINED_STATEMENT("26000"),
  /** A portal that there is not. */
  UNDEFINED_PORTAL("34000"),
  /** A command that there is not. */
  SYNTAX_ERROR("42601"),
  /** A tenant, timeline or page that there is not. */
  UNDEFINED_OBJECT("42704"),
  /** As many clients as there may be. */
  TOO_MANY_CONNECTIONS("53300"),
  /** What is asked for is being moved, or not there yet. */
  OBJECT_NOT_IN_STATE("55000"),
  /** The client asked for the end of its own command, or the command took too long. */
  QUERY_CANCELED("57014"),
  /** The server, the tenant or the timeline closes. */
  ADMIN_SHUTDOWN("57P01"),
  /** The server is not ready yet. */
  CANNOT_CONNECT_NOW("57P03"),
  /** The client was silent for too long. */
  IDLE_SESSION_TIMEOUT("57P05"),
  /** A fault of the server's own. */
  INTERNAL_ERROR("XX000"),
  /** What is stored is damaged. */
  DATA_CORRUPTED("XX001");

  private final String code;

  SqlState(String code) {
    this.code = code;
  }

  /** {@return the five characters on the wire} */
  public String code() {
    return code;
  }
}
