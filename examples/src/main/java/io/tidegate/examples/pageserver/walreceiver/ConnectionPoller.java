// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.walreceiver;

import io.tidegate.CancellationToken;
import io.tidegate.ClosedException;
import io.tidegate.examples.pageserver.source.Feedback;
import io.tidegate.examples.pageserver.source.SourceException;
import io.tidegate.examples.pageserver.source.WalChunk;
import io.tidegate.examples.pageserver.source.WalSource;
import io.tidegate.examples.pageserver.source.WalStream;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.sync.Mailbox;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owns the socket of one connection: makes it, reads WAL from it into a mailbox, and closes it.
 *
 * <p>One task runs it, any thread may report.
 */
final class ConnectionPoller {
  private static final Logger log = LoggerFactory.getLogger(WalReceiver.class);

  private final Reception reception;
  private final WalSource source;
  private final Lsn start;
  private final Mailbox<WalChunk> mailbox;
  /** Written by the task. */
  private volatile @Nullable WalStream stream;
  private volatile @Nullable Exception failure;

  ConnectionPoller(Reception reception, WalSource source, Lsn start, Mailbox<WalChunk> mailbox) {
    this.reception = reception;
    this.source = source;
    this.start = start;
    this.mailbox = mailbox;
  }

  /** Reads until the connection breaks, nobody receives any more or the task is cancelled; ends the mailbox. */
  void run(CancellationToken token) throws Exception {
    try {
      connect(token);
    } catch (Exception failed) {
      token.throwIfCancelled(); // whatever fails then, that is why it ends
      failure = failed;
    } finally {
      mailbox.closeSending();
    }
  }

  /** {@return what the task ended by, once the mailbox has; null if by a cancel, or as nobody received any more} */
  @Nullable Exception failure() {
    return failure;
  }

  private void connect(CancellationToken token) throws Exception {
    WalReceiver.Upstream upstream = reception.upstream();
    Duration silence = reception.rules().connectTimeout();
    upstream.check(source.where(), token.interruptibly(source::identify));
    try (WalStream opened = token.interruptibly(() -> source.stream(upstream.slot(), start, silence))) {
      log.info("receiving WAL from {} since {}", source.where(), start);
      Moment now = Moment.now();
      reception.status().update(status -> status.connection(each -> each.established(now)));
      stream = opened;
      read(opened, token);
    } finally {
      stream = null;
    }
  }

  private void read(WalStream from, CancellationToken token) throws Exception {
    from.report(reception.feedback());
    try {
      while (true) {
        WalChunk chunk = token.interruptibly(from::read);
        boolean hasWal = chunk.bytes().hasRemaining();
        Moment now = Moment.now();
        reception.status().update(status -> status.received(hasWal, chunk.end(), chunk.serverEnd(), now));
        if (hasWal) {
          handOver(chunk, from, token);
        }
      }
    } catch (ClosedException handlerEnded) {
      log.debug("nobody receives WAL from {} any more", source.where(), handlerEnded);
    }
  }

  /** While the ingest is behind, the server hears that we live, and is not blamed for its silence. */
  private void handOver(WalChunk chunk, WalStream from, CancellationToken token) throws InterruptedException {
    Duration patience = reception.rules().connectTimeout().dividedBy(4);
    while (!mailbox.send(chunk, patience, token)) {
      Moment now = Moment.now();
      reception.status().update(status -> status.connection(each -> each.heldUp(now)));
      from.report(reception.feedback());
    }
  }

  /** Lets the server know how far the WAL has got, if the connection is up. */
  void report() {
    Feedback positions = reception.feedback(); // before the stream: whichever it is then has read as far
    WalStream current = stream;
    if (current != null) {
      try {
        current.report(positions);
      } catch (SourceException broken) {
        log.debug("the report goes with the next connection: {}", broken.getMessage());
      }
    }
  }
}
