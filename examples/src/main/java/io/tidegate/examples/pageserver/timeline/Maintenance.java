// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.storage.Compaction;
import io.tidegate.examples.pageserver.storage.GarbageCollection;
import io.tidegate.examples.pageserver.storage.LayerFile;
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.task.FileTask;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.sync.Limiter;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compaction and garbage collection of one timeline: one of them at a time, and of those of all timelines so many as the
 * limiters allow.
 *
 * <p><b>Threads:</b> safe for use by any thread. Each call blocks until it is done, and is part of the calling task: the files
 * are worked on by a task in a scope below the timeline's, which has ended when the call ends, however that is.
 */
final class Maintenance {
  private static final Logger log = LoggerFactory.getLogger(Maintenance.class);

  private final Scope timeline;
  private final LayerStore store;
  private final Supplier<TenantSettings> settings;
  private final TimelineServices services;
  private final Limiter turns = Limiter.of("maintenance", 1);

  Maintenance(Scope timeline, LayerStore store, Supplier<TenantSettings> settings, TimelineServices services) {
    this.timeline = timeline;
    this.store = store;
    this.settings = settings;
    this.services = services;
  }

  /**
   * Merges the files of level 0, and makes image layers. Waits for its turn.
   *
   * @param token ends the wait and the work; what was done by then does not count
   * @return what was done
   * @throws IOException if a file cannot be read or written, or is damaged; then nothing has changed
   */
  CompactionResult compact(CancellationToken token) throws IOException, InterruptedException {
    try (Limiter.Permit turn = turns.acquire(token);
        Limiter.Permit permit = services.compactions().acquire(token);
        Scope work = timeline.child("compaction")) { // closed first: no permit is free before the last step is done
      log.debug("compacting by {} and {}", turn, permit);
      long startNanos = System.nanoTime();
      TenantSettings now = settings.get();
      Compaction compaction = new Compaction(store, now.compactionTargetSize(), now.imageCreationThreshold());
      int merged = FileTask.call(work, Kind.LAYER_MERGE, compaction::run);
      return new CompactionResult(
          merged, compaction.level1(), compaction.images(), Duration.ofNanos(System.nanoTime() - startNanos));
    }
  }

  /**
   * Removes what no read can ask for any more. Waits for its turn.
   *
   * @param policy what to keep
   * @param token ends the wait and the work; the cutoff may have risen then
   * @return what was done
   * @throws IOException if a file cannot be read or written, or is damaged; then nothing is removed
   */
  GcResult collectGarbage(GcPolicy policy, CancellationToken token) throws IOException, InterruptedException {
    try (Limiter.Permit turn = turns.acquire(token);
        Limiter.Permit permit = services.collections().acquire(token);
        Scope work = timeline.child("gc")) {
      log.debug("collecting garbage by {} and {}", turn, permit);
      long startNanos = System.nanoTime();
      Lsn horizon = horizon(policy);
      Lsn cutoff = cutoff(policy, horizon);
      List<LayerFile> before = store.layers();
      GarbageCollection garbage = new GarbageCollection(store);
      FileTask.call(work, Kind.LAYER_MERGE, own -> {
        garbage.run(cutoff, policy.branchPoints(), own);
        return garbage;
      });
      int byCutoff = (int) before.stream().filter(layer -> horizon.isBefore(layer.endLsn())).count();
      int later = (int) before.stream().filter(layer -> cutoff.isBefore(layer.endLsn())).count();
      return new GcResult(
          before.size(), byCutoff, later - byCutoff, garbage.neededByBranches(), garbage.notUpdated(),
          garbage.removed(), Duration.ofNanos(System.nanoTime() - startNanos));
    }
  }

  /** {@return the horizon's end: not before the log's begin, and not after what is on disk} */
  private Lsn horizon(GcPolicy policy) {
    Lsn last = store.diskConsistentLsn();
    Lsn start = store.metadata().startLsn();
    return last.minus(start) > policy.horizon() ? last.plus(-policy.horizon()) : start;
  }

  private Lsn cutoff(GcPolicy policy, Lsn horizon) {
    if (policy.pitrInterval().isZero()) {
      return horizon;
    }
    Lsn old = GarbageCollection.olderThan(store, Instant.now().minus(policy.pitrInterval()));
    return old.isBefore(horizon) ? old : horizon;
  }
}
