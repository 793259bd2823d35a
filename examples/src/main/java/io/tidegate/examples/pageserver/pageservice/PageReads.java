// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import io.tidegate.CancellationToken;
import io.tidegate.examples.pageserver.pageservice.wire.PageAnswer;
import io.tidegate.examples.pageserver.pageservice.wire.PageRequest;
import io.tidegate.examples.pageserver.pageservice.wire.SqlState;
import io.tidegate.examples.pageserver.wal.Lsn;
import java.time.Duration;

/**
 * Answers page requests of one timeline, each within a visit to its scope.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
final class PageReads {
  private final ServedTimeline timeline;
  private final Duration waitLsn;
  private final PageTraffic traffic;

  /**
   * Begins to answer.
   *
   * @param timeline whose pages
   * @param waitLsn how long to wait for an LSN that was not received yet
   * @param traffic counts the answers
   */
  PageReads(ServedTimeline timeline, Duration waitLsn, PageTraffic traffic) {
    this.timeline = timeline;
    this.waitLsn = waitLsn;
    this.traffic = traffic;
  }

  /**
   * {@return the answer, as a piece of copy data that holds nothing of the timeline}
   *
   * @param request what is asked
   * @param onWait told before it waits for an LSN
   * @param token ends the wait for it, as the close of the timeline does
   * @throws CommandException if there is no answer
   * @throws io.tidegate.GateClosedException if the timeline is closing or closed
   * @throws io.tidegate.CancelledException if the token is cancelled, or the timeline is closed meanwhile
   */
  byte[] answer(PageRequest request, Runnable onWait, CancellationToken token) throws Exception {
    return traffic.of(request).<byte[], Exception>count(() ->
        timeline.scope().call(visit -> read(request, onWait, CancellationToken.anyOf(visit, token))));
  }

  private byte[] read(PageRequest request, Runnable onWait, CancellationToken token)
      throws CommandException, InterruptedException {
    Lsn lsn = effective(request.asOf(), onWait, token);
    return switch (request) {
      case PageRequest.Exists exists -> PageAnswer.exists(timeline.exists(exists.relation(), lsn, token));
      case PageRequest.Blocks blocks -> PageAnswer.blocks(timeline.blocks(blocks.relation(), lsn, token));
      case PageRequest.Page page -> PageAnswer.page(timeline.page(page.page(), lsn, token));
      case PageRequest.DatabaseSize size -> PageAnswer.databaseSize(timeline.databaseSize(size.database(), lsn, token));
    };
  }

  /** {@return the LSN to read at, once it is received}. Nothing changed since an LSN that is, so that one will do. */
  private Lsn effective(PageRequest.AsOf asOf, Runnable onWait, CancellationToken token)
      throws CommandException, InterruptedException {
    Lsn request = asOf.request();
    Lsn since = asOf.notModifiedSince();
    if (request.equals(Lsn.INVALID) || request.isBefore(since) || since.value() < 0) {
      throw new CommandException(SqlState.INVALID_PARAMETER_VALUE,
          "a page request as of " + request + " that was not modified since " + since);
    }
    if (timeline.lastRecordLsn().isBefore(since)) {
      onWait.run();
      timeline.awaitLsn(since, waitLsn, token);
    }
    Lsn last = timeline.lastRecordLsn();
    return request.isBefore(last) ? request : last;
  }
}
