// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.walreceiver;

import io.tidegate.CancellationToken;
import io.tidegate.examples.pageserver.source.Feedback;
import io.tidegate.examples.pageserver.source.ServerIdentity;
import io.tidegate.examples.pageserver.source.SourceException;
import io.tidegate.examples.pageserver.source.StatusConnection;
import io.tidegate.examples.pageserver.source.WalSource;
import io.tidegate.examples.pageserver.source.WalStream;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.sync.Backoff;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks one source again and again up to where it has WAL, and so makes it a candidate, and keeps it one. A replication slot
 * on each source sees that it could be received from at any time, and is moved on while another one is.
 *
 * <p>Confined to the task that runs it.
 */
final class SourceWatch {
  private static final Backoff BACKOFF = Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(3));

  private static final Logger log = LoggerFactory.getLogger(WalReceiver.class);

  /** PostgreSQL removes its WAL by segments of, usually, this size. */
  private static final long RELEASE_DISTANCE = 16 << 20;

  private final Reception reception;
  private final WalSource source;
  private int failures;
  /** Up to where the slot keeps no WAL any more. */
  private Lsn released = Lsn.INVALID;

  SourceWatch(Reception reception, WalSource source) {
    this.reception = reception;
    this.source = source;
  }

  /** Asks until it is cancelled: it never returns. */
  void run(CancellationToken token) throws Exception {
    while (true) {
      try (StatusConnection server = token.interruptibly(source::connectForStatus)) {
        ask(server, token);
      } catch (SourceException | WrongSourceException failed) {
        Duration pause = BACKOFF.delay(++failures);
        reception.tell(source.where(), failed, pause);
        token.sleep(pause);
      }
    }
  }

  private void ask(StatusConnection server, CancellationToken token) throws Exception {
    boolean hasSlot = false;
    while (true) {
      ServerIdentity answer = token.interruptibly(server::identify);
      check(answer);
      if (!hasSlot) {
        released = token.interruptibly(() -> source.ensureSlot(reception.upstream().slot()));
        hasSlot = true;
      }
      Moment now = Moment.now();
      reception.status().update(status -> status.heard(source.where(), answer.flushLsn(), now));
      failures = 0;
      releaseWal(answer.flushLsn(), token);
      token.sleep(reception.rules().askPeriod());
    }
  }

  /** Lets the server remove the WAL that is durable here, while it comes from another one: a stream of no bytes says so. */
  private void releaseWal(Lsn serverEnd, CancellationToken token) throws Exception {
    Lsn durable = reception.sink().diskConsistentLsn();
    if (durable.minus(released) < RELEASE_DISTANCE || serverEnd.isBefore(durable) || isConnected()) {
      return;
    }
    try (WalStream stream = token.interruptibly(
        () -> source.stream(reception.upstream().slot(), durable, reception.rules().connectTimeout()))) {
      stream.report(new Feedback(durable, durable, Lsn.INVALID));
      released = durable;
    } catch (SourceException failed) {
      log.debug("{} keeps its WAL for now", source.where(), failed);
    }
  }

  private boolean isConnected() {
    return reception.status().value().connection().filter(each -> each.source().equals(source.where())).isPresent();
  }

  private void check(ServerIdentity answer) throws WrongSourceException {
    try {
      reception.upstream().check(source.where(), answer);
    } catch (WrongSourceException wrong) {
      reception.status().update(status -> status.refused(source.where()));
      throw wrong;
    }
  }
}
