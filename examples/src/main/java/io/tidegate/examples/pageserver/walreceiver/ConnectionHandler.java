// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.walreceiver;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.source.WalChunk;
import io.tidegate.examples.pageserver.source.WalSource;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.WalDecoder;
import io.tidegate.examples.pageserver.wal.WalRecord;
import io.tidegate.sync.Mailbox;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One connection: a scope {@code handler} with a task that decodes and ingests, and below it a scope {@code poller} with the
 * task that owns the socket. Either task's end is that of the other.
 *
 * <p>What was read and not ingested is at most a mailbox full of chunks; the server is read no further meanwhile. After
 * the poller's end the handler ingests what is left of it; after its own end, that is dropped, and comes again with
 * the next connection.
 */
final class ConnectionHandler {
  /** Of 128 KiB at most. */
  private static final int CHUNKS = 16;

  private final Reception reception;
  private final WalSource source;
  private final Scope scope;
  private final Mailbox<WalChunk> mailbox;
  private final ConnectionPoller poller;
  private final Lsn start;
  /** Written by the task. */
  private volatile @Nullable Exception failure;

  private ConnectionHandler(Scope walreceiver, Reception reception, WalSource source, Lsn start) {
    this.reception = reception;
    this.source = source;
    this.start = start;
    this.scope = walreceiver.child("handler");
    this.mailbox = Mailbox.of("WAL from " + source.where(), CHUNKS);
    this.poller = new ConnectionPoller(reception, source, start, mailbox);
  }

  /** Begins a connection, in scopes below the walreceiver's. */
  static ConnectionHandler begin(Scope walreceiver, Reception reception, WalSource source, Lsn start) {
    ConnectionHandler handler = new ConnectionHandler(walreceiver, reception, source, start);
    handler.scope.spawn(Kind.WAL_RECEIVER_HANDLER, handler::handle);
    return handler;
  }

  WalSource source() {
    return source;
  }

  /** Lets the server know that more is durable, though no WAL comes in. */
  void report() {
    poller.report();
  }

  /** Ends the connection, if it has not ended, and returns what it ended by, if it was not this. */
  Optional<Exception> close() {
    scope.close();
    return Optional.ofNullable(failure);
  }

  private void handle(CancellationToken token) throws Exception {
    Scope polling = scope.child("poller");
    try {
      polling.spawn(Kind.WAL_RECEIVER_POLLER, poller::run);
      ingest(new WalDecoder(start), token);
      token.throwIfCancelled();
      failure = poller.failure();
    } catch (Exception failed) {
      token.throwIfCancelled(); // whatever fails then, that is why it ends
      failure = failed;
    } finally {
      mailbox.closeReceiving();
      polling.close();
      reception.status().update(WalReceiverStatus::disconnected);
    }
  }

  /** Ingests until the poller has ended and nothing is left. */
  private void ingest(WalDecoder decoder, CancellationToken token) throws Exception {
    IngestTotals totals = reception.totals();
    totals.connected(decoder.account());
    while (true) {
      Optional<WalChunk> chunk = mailbox.receive(token);
      if (chunk.isEmpty()) {
        return;
      }
      try {
        ingest(chunk.get(), decoder, token);
      } finally {
        // Also of a chunk that was cut off: the next connection starts after the last record that was put.
        totals.received(decoder.account());
      }
      poller.report();
    }
  }

  private void ingest(WalChunk chunk, WalDecoder decoder, CancellationToken token) throws Exception {
    decoder.feed(chunk.start(), chunk.bytes());
    WalRecord record = decoder.next();
    if (record == null) {
      return;
    }
    for (; record != null; record = decoder.next()) {
      reception.sink().put(record, token);
    }
    Lsn end = decoder.lastRecordEnd();
    reception.status().update(status -> status.processed(end));
  }
}
