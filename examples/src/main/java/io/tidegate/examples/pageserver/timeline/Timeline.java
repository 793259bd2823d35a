// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.source.WalSource;
import io.tidegate.examples.pageserver.storage.DeltaLayer;
import io.tidegate.examples.pageserver.storage.FrozenLayer;
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.task.Attributes;
import io.tidegate.examples.pageserver.task.FileTask;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.task.Pauses;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.WalRecord;
import io.tidegate.examples.pageserver.walreceiver.SelectionRules;
import io.tidegate.examples.pageserver.walreceiver.WalReceiver;
import io.tidegate.examples.pageserver.walreceiver.WalSink;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One timeline: a scope below its tenant's, with a flush task, and once it has a source a walreceiver.
 *
 * <p>The flush task waits for frozen layers and has each one written by a task of its own, which blocks for the disk.
 *
 * <p>A graceful close ends the walreceiver first, then freezes what is in memory and lets the flush task write it and end;
 * last, when nobody is inside any more, the layer files are released. A hard close leaves out the flush: what was in memory
 * only is received again after the next start, as PostgreSQL's slot keeps it.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
public final class Timeline implements WalSink {
  private static final Logger log = LoggerFactory.getLogger(Timeline.class);

  private final TimelineId id;
  private final Scope scope;
  private final LayerStore store;
  private final WritePath writePath;
  private final Task<?> flush;
  /** Written once, by whoever finds the first source, under the lock of this. */
  private volatile @Nullable WalReceiver walReceiver;
  /** Written by the task that uploads. */
  private volatile Lsn remoteConsistentLsn = Lsn.INVALID;

  private Timeline(Scope scope, LayerStore store, Checkpointing checkpointing) {
    this.id = store.metadata().timelineId();
    this.scope = scope;
    this.store = store;
    this.writePath = new WritePath(store.diskConsistentLsn(), checkpointing);
    scope.onClosed("release layers", store::close);
    this.flush = scope.spawn(Kind.LAYER_FLUSH, this::flushLoop);
    scope.onDrain("stop ingest", this::stopIngest);
    scope.onDrain("freeze and flush", this::freezeAndFlush);
  }

  /**
   * Opens a timeline in a scope of its own below the tenant's.
   *
   * @param tenant the tenant's scope
   * @param store its layers; closed with the timeline
   * @param checkpointing when layers are frozen
   * @return the timeline, which continues at the store's disk-consistent LSN
   */
  public static Timeline open(Scope tenant, LayerStore store, Checkpointing checkpointing) {
    TimelineId id = store.metadata().timelineId();
    Scope scope = tenant.newChild("timeline-" + id.toString().substring(0, 8)).with(Attributes.TIMELINE_ID, id).open();
    return new Timeline(scope, store, checkpointing);
  }

  /**
   * Adds a server to receive WAL from: one of them at a time.
   *
   * @param source the PostgreSQL that this timeline is of, or a standby of it
   * @param rules choose among the sources; those that come with the first one
   * @throws IllegalArgumentException if it is one of the sources already
   * @throws io.tidegate.GateClosedException if the timeline is closing
   */
  public synchronized void receiveFrom(WalSource source, SelectionRules rules) {
    WalReceiver receiver = walReceiver;
    if (receiver == null) {
      TimelineMetadata metadata = store.metadata();
      WalReceiver.Upstream upstream =
          new WalReceiver.Upstream(metadata.systemIdentifier(), metadata.postgresTimeline(), metadata.slotName());
      receiver = WalReceiver.start(scope, upstream, this, rules);
      walReceiver = receiver;
    }
    receiver.addSource(source);
  }

  @Override
  public void put(WalRecord record, CancellationToken token) throws Exception {
    writePath.put(record, token);
  }

  @Override
  public Lsn lastRecordLsn() {
    return writePath.lastRecordLsn();
  }

  @Override
  public Lsn diskConsistentLsn() {
    return store.diskConsistentLsn();
  }

  @Override
  public Lsn remoteConsistentLsn() {
    return remoteConsistentLsn;
  }

  /**
   * Takes note of what the remote store has, and lets the source know.
   *
   * @param lsn up to where it has the log
   */
  public void uploaded(Lsn lsn) {
    remoteConsistentLsn = lsn;
    tellSource();
  }

  private void tellSource() {
    WalReceiver receiver = walReceiver;
    if (receiver != null) {
      receiver.flushed();
    }
  }

  private void flushLoop(CancellationToken token) throws Exception {
    while (true) {
      Optional<FrozenLayer> layer = writePath.awaitFrozen(token);
      if (layer.isEmpty()) {
        return;
      }
      flush(layer.get(), token);
      writePath.flushed(layer.get());
      tellSource();
    }
  }

  /** Writes a layer, again and again if the disk fails: until then it stays in memory, and PostgreSQL keeps its WAL. */
  private void flush(FrozenLayer layer, CancellationToken token) throws InterruptedException {
    int failures = 0;
    while (true) {
      token.throwIfCancelled();
      try {
        DeltaLayer written = FileTask.call(scope, Kind.LAYER_WRITE, own -> store.flush(layer));
        log.info("flushed {}, {} records", written.file().getFileName(), written.recordCount());
        return;
      } catch (IOException failed) {
        Duration pause = Pauses.after(++failures);
        log.error("flushing {} failed; next attempt in {} ms", layer, pause.toMillis(), failed);
        token.sleep(pause);
      }
    }
  }

  private void stopIngest() {
    WalReceiver receiver = walReceiver;
    if (receiver != null) {
      receiver.close();
      log.info("{}", receiver.totals());
    }
  }

  private void freezeAndFlush() throws InterruptedException {
    writePath.finish();
    flush.join();
    scope.token().throwIfCancelled(); // a hard close ends the flush task too: this was cut short, and has not failed
    if (flush.state() != Task.State.SUCCEEDED) {
      throw new IllegalStateException("not all is flushed: " + flush);
    }
  }

  /** {@return the id} */
  public TimelineId id() {
    return id;
  }

  /** {@return the timeline's scope} */
  public Scope scope() {
    return scope;
  }

  /** {@return what the timeline knows of itself on disk} */
  public TimelineMetadata metadata() {
    return store.metadata();
  }

  /** {@return how many layers are in memory} */
  public int layersInMemory() {
    return writePath.layers();
  }

  /** {@return how many layers are on disk} */
  public int layersOnDisk() {
    return store.layers().size();
  }

  /** {@return the receiver; empty until the timeline has a source} */
  public Optional<WalReceiver> walReceiver() {
    return Optional.ofNullable(walReceiver);
  }
}
