// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.walreceiver;

/** The server answers, but its WAL does not continue what is stored. */
final class WrongSourceException extends Exception {
  private static final long serialVersionUID = 1L;

  WrongSourceException(String message) {
    super(message);
  }
}
