// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.Waiter;
import io.tidegate.examples.pageserver.storage.Compaction;
import io.tidegate.examples.pageserver.storage.GarbageCollection;
import io.tidegate.examples.pageserver.storage.LayerFile;
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.task.FileTask;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.task.WorkCount;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.sync.CircuitBreaker;
import io.tidegate.sync.CircuitOpenException;
import io.tidegate.sync.Limiter;
import io.tidegate.testing.Faults;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compaction and garbage collection of one timeline: one of them at a time, and of those of all timelines so many as the
 * limiters allow.
 *
 * <p>Each is done by a task of the timeline, for which the caller waits. The files are worked on by a task in a scope below
 * the timeline's, which has ended when that task ends, however that is.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
final class Maintenance {
  /** After how many failures in a row compaction is paused, and for how long. */
  static final int FAILURES = 5;
  static final Duration PAUSE = Duration.ofHours(1);
  private static final Logger log = LoggerFactory.getLogger(Maintenance.class);

  private final Scope timeline;
  private final LayerStore store;
  private final Supplier<TenantSettings> settings;
  private final TimelineServices services;
  private final Damage damage;
  private final WorkCount compactions = new WorkCount();
  private final WorkCount collections = new WorkCount();
  private final Limiter turns = Limiter.of("maintenance", 1);
  /** Another one once a compaction by hand has succeeded, which is let through always. */
  private volatile CircuitBreaker breaker;

  Maintenance(
      Scope timeline, LayerStore store, Supplier<TenantSettings> settings, TimelineServices services, Damage damage) {
    this.timeline = timeline;
    this.store = store;
    this.settings = settings;
    this.services = services;
    this.damage = damage;
    this.breaker = newBreaker();
  }

  private CircuitBreaker newBreaker() {
    return CircuitBreaker.of("compaction of " + timeline.path(), FAILURES, PAUSE);
  }

  /** {@return whether a compaction is due, and the last one has not failed} */
  boolean isCompactionDueAtOnce() {
    return hasEnough() && breaker.failures() == 0;
  }

  private boolean hasEnough() {
    return store.level0Count() >= settings.get().compactionThreshold();
  }

  MaintenanceStatus status() {
    return new MaintenanceStatus(
        compactions.done(), compactions.failed(), breaker.state() != CircuitBreaker.State.CLOSED,
        collections.done(), collections.failed(), turns.waiting(), damage.files());
  }

  /** Ends what runs, and refuses more: what it has done so far does not count, and may be done after the next start. */
  void stop() {
    timeline.retire(Kind.COMPACTION);
    timeline.retire(Kind.GARBAGE_COLLECTION);
  }

  /** Compacts, as {@link Timeline#compactNow}, though it may be paused; a success ends that. */
  CompactionResult compactNow() throws IOException, InterruptedException {
    return FileTask.call(timeline, Kind.COMPACTION, token -> {
      CompactionResult result = compact(token);
      if (breaker.failures() > 0) {
        log.info("{} could be compacted by hand: no failure counts any more", timeline.path());
        breaker = newBreaker();
      }
      return result;
    });
  }

  /** Compacts, as {@link Timeline#compactIfDue}, and counts failures: after some in a row it is paused for a time. */
  Optional<CompactionResult> compactIfDue() throws IOException, InterruptedException {
    if (!hasEnough() || breaker.state() == CircuitBreaker.State.OPEN) {
      return Optional.empty();
    }
    try {
      return Optional.of(FileTask.call(timeline, Kind.COMPACTION, token -> breaker.call(this::compact, token)));
    } catch (CircuitOpenException paused) {
      return Optional.empty();
    }
  }

  /** Counts work; what a closing file throws once the token is cancelled is no failure. */
  private static <T> T counted(WorkCount count, CancellationToken token, WorkCount.Work<T, IOException> work)
      throws IOException, InterruptedException {
    return count.<T, IOException>count(() -> {
      try {
        return work.run();
      } catch (IOException | RuntimeException thrown) {
        token.throwIfCancelled();
        throw thrown;
      }
    });
  }

  /** {@return the compactions so far} */
  WorkCount compactions() {
    return compactions;
  }

  /** {@return the garbage collections so far} */
  WorkCount collections() {
    return collections;
  }

  /**
   * Merges the files of level 0, and makes image layers. Waits for its turn.
   *
   * @param token ends the wait and the work; what was done by then does not count
   * @return what was done
   * @throws IOException if a file cannot be read or written, or is damaged; then nothing has changed
   */
  private CompactionResult compact(CancellationToken token) throws IOException, InterruptedException {
    try (Limiter.Permit turn = turns.acquire(token);
        Limiter.Permit permit = services.compactions().acquire(token);
        Scope work = timeline.child("compaction")) { // closed first: no permit is free before the last step is done
      log.debug("compacting by {} and {}", turn, permit);
      long startNanos = nanoTime();
      TenantSettings now = settings.get();
      Compaction compaction = new Compaction(store, now.compactionTargetSize(), now.imageCreationThreshold());
      int merged = counted(compactions, token, () -> FileTask.call(work, Kind.LAYER_MERGE, own -> damage.noting(() -> {
        Faults.point("compaction.before", IOException::new);
        return compaction.run(own);
      })));
      return new CompactionResult(
          merged, compaction.level1(), compaction.images(), Duration.ofNanos(nanoTime() - startNanos));
    }
  }

  /** Removes what no read can ask for any more, as {@link Timeline#collectGarbage}. */
  GcResult collectGarbage(GcPolicy policy) throws IOException, InterruptedException {
    return FileTask.call(timeline, Kind.GARBAGE_COLLECTION, token -> collect(policy, token));
  }

  /**
   * Removes what no read can ask for any more. Waits for its turn.
   *
   * @param policy what to keep
   * @param token ends the wait and the work; the cutoff may have risen then
   * @return what was done
   * @throws IOException if a file cannot be read or written, or is damaged; then nothing is removed
   */
  private GcResult collect(GcPolicy policy, CancellationToken token) throws IOException, InterruptedException {
    try (Limiter.Permit turn = turns.acquire(token);
        Limiter.Permit permit = services.collections().acquire(token);
        Scope work = timeline.child("gc")) {
      log.debug("collecting garbage by {} and {}", turn, permit);
      long startNanos = nanoTime();
      Lsn horizon = horizon(policy);
      Lsn cutoff = cutoff(policy, horizon);
      List<LayerFile> before = store.layers();
      GarbageCollection garbage = new GarbageCollection(store);
      counted(collections, token, () -> FileTask.call(work, Kind.LAYER_MERGE, own -> damage.noting(() -> {
        Faults.point("gc.before", IOException::new);
        garbage.run(cutoff, policy.branchPoints(), own);
        return garbage;
      })));
      int byCutoff = (int) before.stream().filter(layer -> horizon.isBefore(layer.endLsn())).count();
      int later = (int) before.stream().filter(layer -> cutoff.isBefore(layer.endLsn())).count();
      return new GcResult(
          before.size(), byCutoff, later - byCutoff, garbage.neededByBranches(), garbage.notUpdated(),
          garbage.removed(), Duration.ofNanos(nanoTime() - startNanos));
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
    Lsn old = GarbageCollection.olderThan(store, Waiter.clock().now().minus(policy.pitrInterval()));
    return old.isBefore(horizon) ? old : horizon;
  }

  private static long nanoTime() {
    return Waiter.clock().nanoTime();
  }
}
