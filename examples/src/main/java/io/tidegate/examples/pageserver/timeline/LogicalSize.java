// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.GateClosedException;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.examples.pageserver.task.FileTask;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.sync.Limiter;
import io.tidegate.testing.Faults;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How large the relations of a timeline are together. It takes a look into all layers to know: so it is worked out by a
 * task of the timeline, one at a time, for all who ask meanwhile, and the last answer is kept.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
public final class LogicalSize {
  private static final Logger log = LoggerFactory.getLogger(LogicalSize.class);

  private final Scope timeline;
  private final Limiter permits;
  private final Source source;
  /** Guarded by this. */
  private @Nullable Task<Known> running;
  /** Written by the task. */
  private volatile @Nullable Known last;

  /**
   * A size.
   *
   * @param lsn where the log was
   * @param bytes the relations without their free space maps
   * @param isExact false if some were there before the log began: they count up to the highest page that was touched since,
   *     and those that were not touched do not count
   */
  public record Known(Lsn lsn, long bytes, boolean isExact) {}

  /** Works sizes out. */
  interface Source {
    /** {@return up to where the log has come} */
    Lsn lastRecordLsn();

    /** {@return the size as of now; blocks for I/O} */
    Known logicalSize() throws IOException, InterruptedException;
  }

  LogicalSize(Scope timeline, Limiter permits, Source source) {
    this.timeline = timeline;
    this.permits = permits;
    this.source = source;
  }

  /** {@return what was worked out last, which may be some while ago; empty if nothing was yet} */
  public Optional<Known> known() {
    return Optional.ofNullable(last);
  }

  /**
   * {@return the size as of now, or of when the task began that works it out already}
   *
   * @throws IOException if a file cannot be read, or is damaged
   * @throws io.tidegate.GateClosedException if the timeline is closing
   * @throws io.tidegate.CancelledException if it closes meanwhile, or the calling task is cancelled: the work goes on
   * @throws InterruptedException if the thread is interrupted
   */
  public Known await() throws IOException, InterruptedException {
    Known known = last;
    if (known != null && known.lsn().equals(source.lastRecordLsn())) {
      return known;
    }
    Task<Known> task = start();
    task.join();
    return FileTask.result(task);
  }

  /** Has the size worked out in the background, unless it is known as of now, or that is being done. */
  public void refresh() {
    Known known = last;
    if (known == null || !known.lsn().equals(source.lastRecordLsn())) {
      try {
        start();
      } catch (GateClosedException closing) {
        log.debug("the size of {} is not worked out any more", timeline.path(), closing);
      }
    }
  }

  private synchronized Task<Known> start() {
    Task<Known> task = running;
    if (task == null || task.state() != Task.State.RUNNING) {
      task = timeline.fork(Kind.LOGICAL_SIZE, token -> {
        try (Limiter.Permit permit = permits.acquire(token)) {
          log.debug("looking at all layers by {}", permit);
          Faults.point("timeline.logical-size.before", IOException::new);
          Known now = source.logicalSize();
          last = now;
          return now;
        }
      });
      running = task;
    }
    return task;
  }
}
