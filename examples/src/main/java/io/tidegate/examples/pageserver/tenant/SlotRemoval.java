// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.source.SourceException;
import io.tidegate.examples.pageserver.source.WalSource;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.task.Pauses;
import io.tidegate.examples.pageserver.timeline.Timeline;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drops the replication slots of timelines that are deleted: their servers need keep no WAL for them any more.
 *
 * <p>This is tried for some time and no longer: a deletion does not wait for a server that may never come back. What is left
 * is logged, with what to do about it. After a restart the sources of what is being deleted are not known, and no slot is
 * dropped.
 */
final class SlotRemoval {
  private static final Logger log = LoggerFactory.getLogger(SlotRemoval.class);
  private static final Duration USUAL_LIMIT = Duration.ofSeconds(20);

  private final Duration limit;

  /** Takes the usual time at most for each slot. */
  SlotRemoval() {
    this(USUAL_LIMIT);
  }

  SlotRemoval(Duration limit) {
    this.limit = limit;
  }

  /**
   * Drops the slots of timelines on all their sources, all at the same time. Blocks until that is done or given up.
   *
   * @param parent the scope below which it runs
   * @param timelines timelines that are closed, so that nobody uses their slots any more
   * @throws io.tidegate.CancelledException if the calling task is cancelled, and then the slots that are left are logged too
   * @throws InterruptedException if the thread is interrupted; likewise
   */
  void run(Scope parent, List<Timeline> timelines) throws InterruptedException {
    try (Scope block = parent.fanOut("slots")) {
      for (Timeline timeline : timelines) {
        String slot = timeline.metadata().slotName();
        for (WalSource source : timeline.sources()) {
          block.newTask(Kind.SLOT_REMOVAL).name("drop " + slot + " on " + source.where())
              .spawn(token -> drop(source, slot, token.withTimeout(limit)));
        }
      }
      block.join();
    }
  }

  private static void drop(WalSource source, String slot, CancellationToken token) {
    try {
      Pauses.retry("dropping the replication slot " + slot + " on " + source.where())
          .permanent(failure -> !(failure instanceof SourceException away && away.isRetryable()))
          .call(own -> own.interruptibly(() -> dropped(source, slot)), token);
      log.info("dropped the replication slot {} on {}", slot, source.where());
    } catch (Exception failed) {
      log.warn("the replication slot {} of a deleted timeline may still be on {}, which keeps WAL for it without end; "
          + "unless another timeline receives through it, drop it there: SELECT pg_drop_replication_slot('{}')",
          slot, source.where(), slot, failed);
    }
  }

  private static String dropped(WalSource source, String slot) {
    source.dropSlot(slot);
    return slot;
  }
}
