// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.source;

/** A connection over which a server is asked again and again how far its WAL reaches. Used by one thread at a time. */
public interface StatusConnection extends AutoCloseable {
  /**
   * {@return which cluster the server serves, and how far its WAL reaches now} Blocks, some ten seconds at most.
   *
   * @throws SourceException if the connection broke, or there is no answer; then close it and connect anew
   */
  ServerIdentity identify();

  /** Ends the connection. Never fails; closing twice does nothing. */
  @Override
  void close();
}
