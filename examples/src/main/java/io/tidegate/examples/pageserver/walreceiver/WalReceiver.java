// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.walreceiver;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.examples.pageserver.source.PostgresSource;
import io.tidegate.examples.pageserver.source.ServerIdentity;
import io.tidegate.examples.pageserver.source.SourceException;
import io.tidegate.examples.pageserver.source.WalChunk;
import io.tidegate.examples.pageserver.source.WalStream;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.task.Pauses;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.WalDecoder;
import io.tidegate.examples.pageserver.wal.WalRecord;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Receives the WAL of one timeline: a scope with a manager task, which keeps one connection task running.
 *
 * <p>Closing it, and nothing else of the timeline, ends the ingest: once {@link #close} has returned, no record is put any
 * more.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
public final class WalReceiver {
  private static final Logger log = LoggerFactory.getLogger(WalReceiver.class);

  private final Scope scope;
  private final PostgresSource source;
  private final Upstream upstream;
  private final WalSink sink;
  private final IngestTotals totals;
  /** Written by the connection task, read by the flush task. */
  private volatile @Nullable WalStream stream;

  /**
   * What the WAL must come from.
   *
   * @param systemIdentifier the identifier of the PostgreSQL cluster
   * @param timeline the number of PostgreSQL's own timeline
   * @param slot the replication slot that keeps the WAL
   */
  public record Upstream(long systemIdentifier, int timeline, String slot) {}

  private WalReceiver(Scope scope, PostgresSource source, Upstream upstream, WalSink sink) {
    this.scope = scope;
    this.source = source;
    this.upstream = upstream;
    this.sink = sink;
    this.totals = new IngestTotals(sink.lastRecordLsn());
  }

  /**
   * Starts to receive, in a scope {@code walreceiver} below the timeline's.
   *
   * @param timeline the timeline's scope
   * @param source the server
   * @param upstream what the server must be, and the slot
   * @param sink takes the records
   * @return the receiver
   */
  public static WalReceiver start(Scope timeline, PostgresSource source, Upstream upstream, WalSink sink) {
    Scope scope = timeline.child("walreceiver");
    WalReceiver receiver = new WalReceiver(scope, source, upstream, sink);
    scope.spawn(Kind.WAL_RECEIVER_MANAGER, receiver::manage);
    return receiver;
  }

  /** Ends the ingest, and returns when it has ended. */
  public void close() {
    scope.close();
  }

  /** {@return what was received since the start} */
  public IngestTotals totals() {
    return totals;
  }

  /** {@return whether a connection is up} */
  public boolean isConnected() {
    return stream != null;
  }

  /** {@return the server as people know it, without a password} */
  public String where() {
    return source.where();
  }

  /** Lets the server know that more is durable, here or in the remote store, though no WAL comes in. */
  public void flushed() {
    WalStream current = stream;
    if (current != null) {
      try {
        current.report(sink.diskConsistentLsn(), sink.remoteConsistentLsn());
      } catch (SourceException broken) {
        log.debug("the report goes with the next connection: {}", broken.getMessage());
      }
    }
  }

  /** Keeps one connection task running. */
  private void manage(CancellationToken token) throws InterruptedException {
    int failures = 0;
    while (true) {
      long before = totals.bytes();
      Task<Void> connection = scope.fork(Kind.WAL_RECEIVER_CONNECTION, this::receive);
      connection.join();
      token.throwIfCancelled(); // a close ends both tasks, and then the connection's end is no failure
      if (totals.bytes() > before) {
        failures = 0;
      }
      Duration pause = Pauses.after(++failures);
      tell(connection.exception().orElseThrow(), pause);
      token.sleep(pause);
    }
  }

  private void tell(Throwable failure, Duration pause) {
    if (failure instanceof SourceException known) {
      log.atLevel(known.isRetryable() ? Level.WARN : Level.ERROR)
          .log("{}; next attempt in {} ms", known.getMessage(), pause.toMillis());
    } else if (failure instanceof WrongSourceException wrong) {
      log.error("{}; next attempt in {} ms", wrong.getMessage(), pause.toMillis());
    } else {
      totals.countFailure();
      log.error("receiving WAL from {} failed; next attempt in {} ms", source.where(), pause.toMillis(), failure);
    }
  }

  /** Receives until the connection breaks or the task is cancelled: it never returns. */
  private Void receive(CancellationToken token) throws Exception {
    ServerIdentity server = token.interruptibly(source::identify);
    checkSame(server);
    Lsn start = sink.lastRecordLsn();
    try (WalStream opened = token.interruptibly(() -> source.stream(upstream.slot(), start))) {
      log.info("receiving WAL from {} since {}", source.where(), start);
      stream = opened;
      return ingest(opened, new WalDecoder(start), token);
    } finally {
      stream = null;
    }
  }

  /** A promoted or restored server is refused too: its log may differ from what is stored here already. */
  private void checkSame(ServerIdentity server) throws WrongSourceException {
    if (server.systemIdentifier() != upstream.systemIdentifier()) {
      throw new WrongSourceException(
          source.where() + " is the PostgreSQL cluster " + Long.toUnsignedString(server.systemIdentifier())
              + ", but what is stored here comes from " + Long.toUnsignedString(upstream.systemIdentifier()));
    }
    if (server.timeline() != upstream.timeline()) {
      throw new WrongSourceException(
          source.where() + " has gone to timeline " + server.timeline() + " of its log by a promotion or a restore,"
              + " but what is stored here comes from timeline " + upstream.timeline());
    }
  }

  private Void ingest(WalStream from, WalDecoder decoder, CancellationToken token) throws Exception {
    totals.connected(decoder.account());
    while (true) {
      from.report(sink.diskConsistentLsn(), sink.remoteConsistentLsn());
      WalChunk chunk = token.interruptibly(from::read);
      try {
        decoder.feed(chunk.start(), chunk.bytes());
        for (WalRecord record = decoder.next(); record != null; record = decoder.next()) {
          sink.put(record, token);
        }
      } finally {
        // Also of a chunk that was cut off: the next connection starts after the last record that was put.
        totals.received(decoder.account(), chunk.serverEnd());
      }
    }
  }
}
