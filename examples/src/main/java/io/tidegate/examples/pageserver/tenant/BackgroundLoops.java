// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.ClosedException;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.storage.CorruptLayerException;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.timeline.GcResult;
import io.tidegate.examples.pageserver.timeline.TenantSettings;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.sync.Ticker;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an active tenant does again and again: compaction, garbage collection and housekeeping, each in a task of its own
 * that goes through the timelines one after the other. What it does to a timeline is a task of that timeline: so a close of
 * the timeline cancels it and waits for it, and the loop goes on with the others. A timeline that fails does not keep the
 * others waiting either.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
final class BackgroundLoops {
  private static final Logger log = LoggerFactory.getLogger(BackgroundLoops.class);
  /** Housekeeping goes by the period of compaction, and by this one where that is off. */
  private static final Duration HOUSEKEEPING_PERIOD = Duration.ofSeconds(20);

  private final Scope tenant;
  private final Collection<TimelineSlot> slots;
  private final Supplier<TenantSettings> settings;
  private final GarbageCollections garbage;
  private final Ticker compaction;
  private final Ticker collection;
  private final Ticker housekeeping;

  /**
   * Prepares.
   *
   * @param tenant the tenant's scope
   * @param slots all timelines of the tenant, as of whenever they are looked at
   * @param settings the tenant's; periods are asked for before each turn
   * @param garbage collects
   */
  BackgroundLoops(
      Scope tenant, Collection<TimelineSlot> slots, Supplier<TenantSettings> settings, GarbageCollections garbage) {
    this.tenant = tenant;
    this.slots = slots;
    this.settings = settings;
    this.garbage = garbage;
    this.compaction = Ticker.named("compaction of " + tenant.path()).every(() -> settings.get().compactionPeriod());
    this.collection = Ticker.named("garbage collection of " + tenant.path()).every(this::collectionPeriod);
    this.housekeeping = Ticker.named("housekeeping of " + tenant.path()).every(this::housekeepingPeriod);
  }

  /**
   * Starts the tasks. A graceful close of the tenant ends them, and what they have begun, before anything else waits.
   *
   * @throws io.tidegate.GateClosedException if the tenant is closing
   */
  void start() {
    tenant.onDrain("stop background loops", this::stop); // first: no loop may start that nobody stops
    spawn(Kind.COMPACTION, compaction, this::compact);
    spawn(Kind.GARBAGE_COLLECTION, collection, this::collectGarbage);
    spawn(Kind.HOUSEKEEPING, housekeeping, this::keepHouse);
  }

  private void stop() {
    tenant.retire(Kind.COMPACTION);
    tenant.retire(Kind.GARBAGE_COLLECTION);
    tenant.retire(Kind.HOUSEKEEPING);
  }

  /** Has the loops ask for their periods now. */
  void reconfigured() {
    compaction.reconfigured();
    collection.reconfigured();
    housekeeping.reconfigured();
  }

  /** Has a timeline compacted without waiting for the period, if its newest file makes that due. */
  void flushed(Timeline timeline) {
    if (timeline.isCompactionDueAtOnce()) {
      compaction.signal();
    }
  }

  /** {@return how often the loop of compaction has gone through the timelines} */
  long compactionTurns() {
    return compaction.iterations();
  }

  private Duration collectionPeriod() {
    TenantSettings now = settings.get();
    return now.gcHorizon() == 0 ? Duration.ZERO : now.gcPeriod();
  }

  private Duration housekeepingPeriod() {
    Duration period = settings.get().compactionPeriod();
    return period.isZero() ? HOUSEKEEPING_PERIOD : period;
  }

  /** Does something to one timeline. */
  private interface Step {
    void on(Timeline timeline) throws IOException, InterruptedException;
  }

  private void spawn(Kind kind, Ticker ticker, Step step) {
    tenant.newTask(kind).name(kind + " loop").spawn(token -> ticker.run(own -> each(kind, step, own), token));
  }

  private void each(Kind kind, Step step, CancellationToken token) throws InterruptedException {
    for (TimelineSlot slot : slots) {
      token.throwIfCancelled();
      if (slot.state().value().isActive() && slot.timeline().isPresent()) {
        one(kind, step, slot.timeline().get(), token);
      }
    }
  }

  private static void one(Kind kind, Step step, Timeline timeline, CancellationToken token) throws InterruptedException {
    try {
      step.on(timeline);
    } catch (CancelledException | ClosedException cutOff) {
      token.throwIfCancelled();
      log.info("{} of {} was cut off: {}", kind, timeline.scope().path(), cutOff.getMessage());
    } catch (CorruptLayerException | RefusedException told) {
      log.warn("{} of {} is not possible: {}", kind, timeline.scope().path(), told.getMessage());
    } catch (IOException | RuntimeException failed) {
      log.error("{} of {} failed; the next turn tries again", kind, timeline.scope().path(), failed);
    }
  }

  private void compact(Timeline timeline) throws IOException, InterruptedException {
    timeline.compactIfDue().ifPresent(done -> log.info("compacted {}: {}", timeline.scope().path(), done));
  }

  private void collectGarbage(Timeline timeline) throws IOException, InterruptedException {
    GcResult done = garbage.run(timeline, OptionalLong.empty());
    if (done.layersRemoved() > 0) {
      log.info("collected garbage of {}: {}", timeline.scope().path(), done);
    }
  }

  /** A shorter time-out for what is in memory takes effect here: who waits by the old one does not see it. */
  private void keepHouse(Timeline timeline) {
    timeline.freezeIfStale();
  }
}
