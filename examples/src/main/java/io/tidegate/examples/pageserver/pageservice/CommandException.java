// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import io.tidegate.examples.pageserver.pageservice.wire.SqlState;

/** A command or a request has failed in a way that its client is to be told of; the session goes on. */
final class CommandException extends Exception {
  private static final long serialVersionUID = 1L;

  private final SqlState state;

  CommandException(SqlState state, String message) {
    super(message);
    this.state = state;
  }

  CommandException(SqlState state, String message, Throwable cause) {
    super(message, cause);
    this.state = state;
  }

  SqlState state() {
    return state;
  }

  /** {@return what to tell the client} */
  String text() {
    return String.valueOf(getMessage());
  }
}
