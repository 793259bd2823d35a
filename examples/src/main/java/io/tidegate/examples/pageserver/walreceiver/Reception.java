// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.walreceiver;

import io.tidegate.examples.pageserver.source.Feedback;
import io.tidegate.examples.pageserver.source.SourceException;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.sync.Watch;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * What the tasks of one walreceiver have in common.
 *
 * @param upstream what the WAL must come from
 * @param sink takes the records
 * @param rules choose the source
 * @param totals what was received
 * @param status what is known; closed with the walreceiver
 */
record Reception(
    WalReceiver.Upstream upstream,
    WalSink sink,
    SelectionRules rules,
    IngestTotals totals,
    Watch<WalReceiverStatus> status) {
  private static final Logger log = LoggerFactory.getLogger(WalReceiver.class);

  /** {@return how far the WAL has got here} */
  Feedback feedback() {
    // In this order: none may be past the next one.
    Lsn remote = sink.remoteConsistentLsn();
    Lsn disk = sink.diskConsistentLsn();
    return new Feedback(sink.lastRecordLsn(), disk, remote);
  }

  /** Tells of a failure of a source, or of the ingest of what it sent. */
  void tell(String source, Exception failure, Duration pause) {
    if (failure instanceof SourceException known) {
      log.atLevel(known.isRetryable() ? Level.WARN : Level.ERROR)
          .log("{}; next attempt in {} ms", known.getMessage(), pause.toMillis());
    } else if (failure instanceof WrongSourceException wrong) {
      log.error("{}; next attempt in {} ms", wrong.getMessage(), pause.toMillis());
    } else {
      totals.countFailure();
      log.error("receiving WAL from {} failed; next attempt in {} ms", source, pause.toMillis(), failure);
    }
  }
}
