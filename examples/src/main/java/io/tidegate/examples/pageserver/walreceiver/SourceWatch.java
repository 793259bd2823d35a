// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.walreceiver;

import io.tidegate.CancellationToken;
import io.tidegate.examples.pageserver.source.ServerIdentity;
import io.tidegate.examples.pageserver.source.SourceException;
import io.tidegate.examples.pageserver.source.StatusConnection;
import io.tidegate.examples.pageserver.source.WalSource;
import io.tidegate.sync.Backoff;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Asks one source again and again up to where it has WAL, and so makes it a candidate, and keeps it one.
 *
 * <p>Confined to the task that runs it.
 */
final class SourceWatch {
  private static final Backoff BACKOFF = Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(3));

  private final Reception reception;
  private final WalSource source;
  private int failures;

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
        Duration pause = BACKOFF.delay(++failures, ThreadLocalRandom.current());
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
        token.interruptibly(() -> source.ensureSlot(reception.upstream().slot()));
        hasSlot = true;
      }
      Moment now = Moment.now();
      reception.status().update(status -> status.heard(source.where(), answer.flushLsn(), now));
      failures = 0;
      token.sleep(reception.rules().askPeriod());
    }
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
