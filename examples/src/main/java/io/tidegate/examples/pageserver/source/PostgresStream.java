// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.source;

import io.tidegate.examples.pageserver.wal.Lsn;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.postgresql.copy.CopyDual;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link WalStream} over a connection of its own.
 *
 * <p>The server asks for a sign of life when it has heard nothing for half of the time after which it gives the stream
 * up. A blocked {@link #read} answers by itself. A reader that is busy elsewhere for longer must see that somebody
 * calls {@link #report}; if the server gives up all the same, a new stream from the flushed position loses nothing.
 */
final class PostgresStream implements WalStream {
  /*
   * CopyDual instead of the driver's PGReplicationStream, which differs in what matters here: it
   *  - does not tell the server's end of WAL,
   *  - advances the flushed position by itself on a keep-alive once the *start* of the last chunk is flushed,
   *  - sends periodic reports only when a message arrives: its socket timeout does not end a blocked read.
   *
   * The lock 'connectionUse' is held while using 'copy', so also throughout a blocked read. 'reports' guards only the
   * positions below it, is never held while blocking, and is taken last.
   *
   * No lost report: report stores first, then tries the connection. If a reader has it, the reader sends what is unsent
   * after the next message and, having returned, at the beginning of the next read.
   *
   * The driver ends the copy when one call fails, and tells the calls after it only that it has ended. So the first
   * failure is kept: whoever comes next hears why the connection broke, and whether another one may succeed.
   */
  private static final Logger LOG = LoggerFactory.getLogger(PostgresStream.class);

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);
  private static final Instant POSTGRES_EPOCH = Instant.parse("2000-01-01T00:00:00Z");
  private static final String CLOSED = "the WAL stream was closed";
  private static final int STATUS_BYTES = 1 + 4 * Long.BYTES + 1;
  private static final int DATA_HEADER_BYTES = 1 + 3 * Long.BYTES;
  private static final int KEEPALIVE_BYTES = 1 + 2 * Long.BYTES + 1;

  private final String where;
  private final Connection connection;
  private final CopyDual copy;
  private final ReentrantLock connectionUse = new ReentrantLock();
  private final Object reports = new Object();

  /** The end of what was read. Written by the reader under connectionUse. */
  private volatile Lsn received;

  /** The server's end of WAL, as last heard. Written by the reader under connectionUse. */
  private volatile Lsn serverEnd;

  private volatile boolean closed;

  /** Why the connection is of no use any more. Guarded by connectionUse. */
  private @Nullable SourceException breakage;

  // Guarded by 'reports'.
  private Feedback positions;
  private boolean unsent;

  PostgresStream(String where, Connection connection, CopyDual copy, Lsn start) {
    this.where = where;
    this.connection = connection;
    this.copy = copy;
    this.received = start;
    this.serverEnd = start;
    this.positions = new Feedback(start, Lsn.INVALID, Lsn.INVALID);
  }

  @Override
  public WalChunk read() {
    connectionUse.lock();
    try {
      checkUnbroken();
      sendIfUnsent();
      byte[] message = copy.readFromCopy(true);
      if (message == null) {
        throw new SourceException(where + ": the server ended the WAL stream at " + received, true, null);
      }
      WalChunk chunk = parse(message);
      sendIfUnsent();
      return chunk;
    } catch (SQLException failure) {
      throw broken("reading WAL at " + received + " failed", failure);
    } finally {
      connectionUse.unlock();
    }
  }

  @Override
  public void report(Feedback latest) {
    if (!latest.isWithin(received)) {
      throw new IllegalArgumentException("reported " + latest + ", but only " + received + " was read");
    }
    synchronized (reports) {
      positions = positions.latest(latest);
      unsent = true;
    }
    if (!connectionUse.tryLock()) {
      return;
    }
    try {
      checkUnbroken();
      sendIfUnsent();
    } catch (SQLException failure) {
      throw broken("reporting positions failed", failure);
    } finally {
      connectionUse.unlock();
    }
  }

  /** {@return the end of what was read, or the stream's start} */
  Lsn received() {
    return received;
  }

  /** {@return the server's end of WAL as last heard, with a chunk or a keep-alive} */
  Lsn serverEnd() {
    return serverEnd;
  }

  @Override
  public void close() {
    if (!connectionUse.tryLock()) {
      closed = true;
      abort();
      return;
    }
    try {
      if (!closed) {
        closed = true;
        endCopy();
      }
    } finally {
      connectionUse.unlock();
    }
  }

  @Override
  public String toString() {
    synchronized (reports) {
      return "PostgresStream[" + where + ", received " + received + ", reported " + positions
          + ", server end " + serverEnd + (unsent ? ", report unsent" : "") + (closed ? ", closed]" : "]");
    }
  }

  /** Only under connectionUse. */
  private void checkUnbroken() {
    SourceException first = breakage;
    if (first != null) {
      throw first;
    }
  }

  /** Only under connectionUse. */
  private SourceException broken(String what, SQLException failure) {
    SourceException first = Failures.of(where, closed ? CLOSED : what, failure);
    breakage = first;
    return first;
  }

  private WalChunk parse(byte[] message) {
    ByteBuffer content = ByteBuffer.wrap(message);
    if (message[0] == 'w' && message.length >= DATA_HEADER_BYTES) {
      return data(content);
    }
    if (message[0] == 'k' && message.length >= KEEPALIVE_BYTES) {
      return keepalive(content);
    }
    throw new SourceException(where + ": not a replication message: type " + message[0], false, null);
  }

  private WalChunk data(ByteBuffer message) {
    message.get();
    Lsn start = new Lsn(message.getLong());
    serverEnd = new Lsn(message.getLong());
    message.getLong();
    if (!start.equals(received)) {
      throw new SourceException(where + ": the server sent WAL from " + start + " after " + received, false, null);
    }
    WalChunk chunk = new WalChunk(start, message.slice(), serverEnd);
    received = chunk.end();
    return chunk;
  }

  private WalChunk keepalive(ByteBuffer message) {
    message.get();
    serverEnd = new Lsn(message.getLong());
    message.getLong();
    boolean replyRequested = message.get() != 0;
    if (replyRequested) {
      synchronized (reports) {
        unsent = true;
      }
    }
    return new WalChunk(received, ByteBuffer.allocate(0), serverEnd);
  }

  /** Sends the positions if they are newer than those sent. Only under connectionUse. */
  private void sendIfUnsent() throws SQLException {
    ByteBuffer status = ByteBuffer.allocate(STATUS_BYTES);
    synchronized (reports) {
      if (!unsent) {
        return;
      }
      unsent = false;
      status.put((byte) 'r');
      status.putLong(positions.writeLsn().value());
      status.putLong(positions.flushLsn().value());
      status.putLong(positions.applyLsn().value());
    }
    status.putLong(ChronoUnit.MICROS.between(POSTGRES_EPOCH, Instant.now())).put((byte) 0);
    copy.writeToCopy(status.array(), 0, status.capacity());
    copy.flushCopy();
  }

  /** Waits for the server's confirmation, since only then the slot is free; what it still sends is dropped. */
  private void endCopy() {
    try {
      connection.setNetworkTimeout(Runnable::run, (int) CLOSE_LIMIT.toMillis());
      if (copy.isActive()) {
        sendIfUnsent();
        copy.endCopy();
      }
      connection.close();
    } catch (SQLException failure) {
      LOG.debug("{}: the WAL stream did not end in order at {}", where, received, failure);
      abort();
    }
  }

  private void abort() {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException failure) {
      LOG.debug("{}: the connection of the WAL stream was broken already", where, failure);
    }
  }
}
