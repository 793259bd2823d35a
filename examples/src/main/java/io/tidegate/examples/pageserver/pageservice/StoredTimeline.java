// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.pageservice.wire.SqlState;
import io.tidegate.examples.pageserver.storage.CorruptLayerException;
import io.tidegate.examples.pageserver.timeline.LsnTimeoutException;
import io.tidegate.examples.pageserver.timeline.ReadException;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import io.tidegate.examples.pageserver.wal.RelTag;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A timeline of the server's, with its failures in words for clients.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
final class StoredTimeline implements ServedTimeline {
  private static final Logger log = LoggerFactory.getLogger(StoredTimeline.class);

  private final Timeline timeline;

  StoredTimeline(Timeline timeline) {
    this.timeline = timeline;
  }

  @Override
  public Scope scope() {
    return timeline.scope();
  }

  @Override
  public Lsn lastRecordLsn() {
    return timeline.lastRecordLsn();
  }

  @Override
  public Lsn previousRecordLsn() {
    return timeline.previousRecordLsn();
  }

  @Override
  public void awaitLsn(Lsn lsn, Duration limit, CancellationToken token) throws CommandException, InterruptedException {
    try {
      timeline.waitLsn(lsn, limit, token);
    } catch (LsnTimeoutException late) {
      throw new CommandException(SqlState.QUERY_CANCELED, String.valueOf(late.getMessage()), late);
    }
  }

  @Override
  public boolean exists(PageKey relation, Lsn lsn, CancellationToken token)
      throws CommandException, InterruptedException {
    return read(() -> timeline.relationExists(RelTag.of(relation), lsn, token));
  }

  @Override
  public int blocks(PageKey relation, Lsn lsn, CancellationToken token) throws CommandException, InterruptedException {
    return read(() -> timeline.relationSize(RelTag.of(relation), lsn, token)).intValue();
  }

  @Override
  public ByteBuffer page(PageKey page, Lsn lsn, CancellationToken token) throws CommandException, InterruptedException {
    return read(() -> timeline.page(page, lsn, token));
  }

  @Override
  public long databaseSize(int database, Lsn lsn, CancellationToken token)
      throws CommandException, InterruptedException {
    return read(() -> timeline.databaseSize(database, lsn, token));
  }

  private interface Read<T> {
    T run() throws ReadException, IOException, InterruptedException;
  }

  private static <T> T read(Read<T> read) throws CommandException, InterruptedException {
    try {
      return read.run();
    } catch (ReadException refused) {
      throw new CommandException(SqlState.OBJECT_NOT_IN_STATE, String.valueOf(refused.getMessage()), refused);
    } catch (CorruptLayerException damaged) { // of which the timeline tells in the log
      throw new CommandException(SqlState.DATA_CORRUPTED, String.valueOf(damaged.getMessage()), damaged);
    } catch (IOException failed) {
      log.error("a page request failed", failed);
      throw new CommandException(SqlState.INTERNAL_ERROR, String.valueOf(failed.getMessage()), failed);
    }
  }
}
