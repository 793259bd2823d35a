// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.wal;

import java.io.Serial;

/** Thrown when bytes are not the write-ahead log that they should be: damaged, missing, repeated or of another log. */
public final class WalFormatException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private final long at;

  WalFormatException(Lsn at, String message) {
    super("WAL at " + at + ": " + message);
    this.at = at.value();
  }

  /** {@return the position of the byte, page or record that is wrong} */
  public Lsn at() {
    return new Lsn(at);
  }
}
