// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.source;

import io.tidegate.examples.pageserver.wal.Lsn;

/**
 * A running stream of WAL bytes from one replication slot.
 *
 * <p>One task reads. Any thread may report and close. The server is told exactly the positions that were reported,
 * never more: it may remove WAL up to the flushed one. Positions never go back, neither those read nor those reported.
 *
 * <p>After any {@link SourceException} the stream is dead: close it and start another.
 */
public interface WalStream extends AutoCloseable {
  /**
   * {@return the next bytes of WAL, or none with a sign of life} Blocks until the server has sent either.
   *
   * <p>Each chunk starts where the one before ended; the first one at the stream's start. An interrupt of a virtual
   * thread closes the connection and ends the read with a retryable {@link SourceException}, the thread's interrupt
   * status being set; so does {@link #close} from another thread. An interrupt of a platform thread does nothing.
   *
   * @throws WalRemovedException if the server no longer has the WAL at this position
   * @throws SourceException if the connection broke, the server sent other bytes than the next ones or ended the
   *     stream, or the stream is closed
   */
  WalChunk read();

  /**
   * Tells the server how far the WAL has got on our side.
   *
   * <p>Sent at once if no read is under way; otherwise by the reader with the next message from the server. A position
   * before the one last reported is ignored.
   *
   * @param positions how far it has got
   * @throws SourceException if the connection broke or the stream is closed
   * @throws IllegalArgumentException if a position is past what was read
   */
  void report(Feedback positions);

  /**
   * Ends the stream and releases the slot. Blocks some milliseconds, at most some seconds.
   *
   * <p>If no read is under way, reports that are still unsent are sent, and the slot is free on return. A read under
   * way is cut off, and the slot is free a moment later. Never fails; closing twice does nothing.
   */
  @Override
  void close();
}
