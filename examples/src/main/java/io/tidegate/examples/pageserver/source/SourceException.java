// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.source;

import org.jspecify.annotations.Nullable;

/**
 * A failure of the PostgreSQL server that the WAL comes from, or of the way to it.
 *
 * <p>The message names the server as {@code host:port}, what failed, and what can be done; it never has a password in
 * it. The cause is the driver's or the operating system's exception, if there was one.
 */
public sealed class SourceException extends RuntimeException permits WalRemovedException {
  private static final long serialVersionUID = 1L;

  /** Whether the same call may succeed later. */
  private final boolean retryable;

  SourceException(String message, boolean retryable, @Nullable Throwable cause) {
    super(message, cause);
    this.retryable = retryable;
  }

  /**
   * {@return whether the same call may succeed later without anybody changing anything} True for a server that is away,
   * starting, stopping or full, a broken connection, and a slot that a dead connection still occupies.
   */
  public final boolean isRetryable() {
    return retryable;
  }
}
