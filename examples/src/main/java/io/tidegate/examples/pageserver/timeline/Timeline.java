// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.source.WalSource;
import io.tidegate.examples.pageserver.storage.FrozenLayer;
import io.tidegate.examples.pageserver.storage.Layer;
import io.tidegate.examples.pageserver.storage.LayerFile;
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.storage.OpenLayer;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.storage.TimelineMetadata.BranchPoint;
import io.tidegate.examples.pageserver.task.Attributes;
import io.tidegate.examples.pageserver.task.WorkCount;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import io.tidegate.examples.pageserver.wal.RelTag;
import io.tidegate.examples.pageserver.wal.WalRecord;
import io.tidegate.examples.pageserver.walreceiver.SelectionRules;
import io.tidegate.examples.pageserver.walreceiver.WalReceiver;
import io.tidegate.examples.pageserver.walreceiver.WalSink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Supplier;

/**
 * One timeline: a scope below its tenant's, with a flush task, and once it has a source a walreceiver.
 *
 * <p>A graceful close ends compaction and garbage collection first, then the walreceiver and with it the waits for more
 * log, then freezes what is in memory and lets the flush task write it and end; last, when nobody is inside any more, the
 * layer files are released. A hard close leaves out the flush: what was in memory only is received again after the next
 * start, as PostgreSQL's slot keeps it.
 *
 * <p>A branch has what it does not know itself from its ancestor, as that was where the branch begins. It must be closed
 * before its ancestor.
 *
 * <p><b>Threads:</b> safe for use by any thread. Reads fork a task into the scope where they need a file: so they fail
 * with {@link io.tidegate.GateClosedException} once the timeline closes, and a close waits for them.
 */
public final class Timeline implements WalSink {
  private final TimelineId id;
  private final Scope scope;
  private final LayerStore store;
  private final Supplier<TenantSettings> settings;
  private final WritePath writePath;
  private final TimelineReads reads;
  private final LogicalSize logicalSize;
  private final Ingest ingest;
  private final FlushLoop flushLoop;
  private final Maintenance maintenance;
  private volatile Runnable onFlushed = () -> {};
  /** Written by the task that uploads. */
  private volatile Lsn remoteConsistentLsn = Lsn.INVALID;

  private Timeline(
      Scope scope,
      LayerStore store,
      Supplier<TenantSettings> settings,
      TimelineServices services,
      Optional<Timeline> ancestor) {
    this.id = store.metadata().timelineId();
    this.scope = scope;
    this.store = store;
    this.settings = settings;
    Damage damage = new Damage(scope);
    this.writePath = new WritePath(store.diskConsistentLsn(), settings, services.openLayers());
    this.reads = new TimelineReads(
        scope, store, writePath, services.pages(), damage, ancestor.map(each -> each.reads).orElse(null));
    this.logicalSize = new LogicalSize(scope, services.sizes(), reads);
    this.ingest = new Ingest(scope, store.metadata(), this);
    this.maintenance = new Maintenance(scope, store, settings, services, damage);
    scope.onClosed("release layers", this::release);
    scope.token().onCancel(writePath.lastRecord()::close);
    this.flushLoop = new FlushLoop(scope, writePath, store, this::tellOfFlush);
    scope.onDrain("stop maintenance", maintenance::stop);
    scope.onDrain("stop ingest", ingest::stop);
    scope.onDrain("end waits for more log", writePath.lastRecord()::close);
    scope.onDrain("freeze and flush", flushLoop::finish);
  }

  /**
   * Opens a timeline in a scope of its own below the tenant's.
   *
   * @param tenant the tenant's scope
   * @param store its layers; closed with the timeline
   * @param settings how it stores; asked for again and again, so that changes take effect
   * @param services what it shares with others
   * @param ancestor the timeline that the store's metadata name as the one it branches off from; empty if none
   * @return the timeline, which continues at the store's disk-consistent LSN
   */
  public static Timeline open(
      Scope tenant,
      LayerStore store,
      Supplier<TenantSettings> settings,
      TimelineServices services,
      Optional<Timeline> ancestor) {
    TimelineMetadata metadata = store.metadata();
    Optional<TimelineId> named = metadata.branchPoint().map(BranchPoint::timelineId);
    if (!named.equals(ancestor.map(Timeline::id))) {
      throw new IllegalArgumentException("a timeline that branches off from " + named + ", not from " + ancestor);
    }
    String name = "timeline-" + metadata.timelineId().toString().substring(0, 8);
    Scope scope = tenant.newChild(name).with(Attributes.TIMELINE_ID, metadata.timelineId()).open();
    try {
      return new Timeline(scope, store, settings, services, ancestor);
    } catch (RuntimeException refused) {
      scope.cancel("refused"); // else its tenant, which drains, waits for what has begun here until its budget is over
      throw refused;
    }
  }

  /**
   * Adds a server to receive WAL from: one of them at a time.
   *
   * @param source the PostgreSQL that this timeline is of, or a standby of it
   * @param rules choose among the sources; those that come with the first one
   * @throws IllegalArgumentException if it is one of the sources already
   * @throws io.tidegate.GateClosedException if the timeline is closing
   */
  public void receiveFrom(WalSource source, SelectionRules rules) {
    ingest.receiveFrom(source, rules);
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
    ingest.tellSource();
  }

  private void tellOfFlush() {
    ingest.tellSource();
    onFlushed.run();
  }

  private void release() throws IOException {
    writePath.release();
    reads.release();
    store.close();
  }

  /**
   * Freezes what is in memory and waits until it is on disk.
   *
   * @param token ends the wait
   * @return up to where all is on disk
   * @throws io.tidegate.ClosedException if the timeline ends before
   * @throws io.tidegate.CancelledException if the token is cancelled
   * @throws InterruptedException if the thread is interrupted
   */
  public Lsn freezeAndFlush(CancellationToken token) throws InterruptedException {
    return flushLoop.freezeAndFlush(token);
  }

  /**
   * Freezes what is in memory and waits until it is on disk. The flush task writes it also if the caller stops waiting.
   *
   * @return up to where all is on disk
   * @throws io.tidegate.ClosedException if the timeline ends before
   * @throws io.tidegate.CancelledException if the calling task is cancelled first
   * @throws InterruptedException if the thread is interrupted
   */
  public Lsn checkpointNow() throws InterruptedException {
    return freezeAndFlush(CancellationToken.none());
  }

  /**
   * Waits until the log has come to a position.
   *
   * @param lsn the position
   * @param timeout for how long
   * @param token ends the wait
   * @throws LsnTimeoutException if it has not come so far in time
   * @throws io.tidegate.ClosedException if the timeline is shutting down
   * @throws io.tidegate.CancelledException if the token is cancelled
   * @throws InterruptedException if the thread is interrupted
   */
  public void waitLsn(Lsn lsn, Duration timeout, CancellationToken token)
      throws LsnTimeoutException, InterruptedException {
    if (!writePath.lastRecord().await(lsn.value(), timeout, token)) {
      throw new LsnTimeoutException("the log has not come to " + lsn + " within " + timeout + ": the last record ends at "
          + lastRecordLsn() + ", and all up to " + diskConsistentLsn() + " is on disk; " + ingest.status());
    }
  }

  /**
   * {@return a page as it was at a position, 8 KiB, read-only}
   *
   * <p>It is as PostgreSQL writes it to disk: with the LSN of its last record, and a checksum.
   *
   * @param key the page
   * @param lsn the position, to which the log must have come
   * @param token ends the wait for the files
   * @throws UnknownPageException if it is not there, or was not touched since the log began
   * @throws WalRedoRequiredException if its last change is no full-page image
   * @throws LsnCollectedException if garbage collection has removed what was there
   * @throws LsnNotReceivedException if the log has not come so far
   * @throws IOException if a file cannot be read, or is damaged
   * @throws io.tidegate.GateClosedException if the timeline closes
   * @throws io.tidegate.CancelledException if the token is cancelled
   * @throws InterruptedException if the thread is interrupted
   */
  public ByteBuffer page(PageKey key, Lsn lsn, CancellationToken token)
      throws ReadException, IOException, InterruptedException {
    return reads.page(key, lsn, token);
  }

  /**
   * {@return whether a relation is there at a position}
   *
   * @param relation the relation, or one of its other forks
   * @param lsn the position, to which the log must have come
   * @param token ends the wait for the files
   * @throws RelationNotTrackedException if the log since the timeline's begin does not tell
   * @throws ReadException if there is no answer at that position, as {@link #page} says
   * @throws IOException if a file cannot be read, or is damaged
   * @throws InterruptedException if the thread is interrupted
   */
  public boolean relationExists(RelTag relation, Lsn lsn, CancellationToken token)
      throws ReadException, IOException, InterruptedException {
    return reads.ask(lsn, token, relations -> relations.exists(relation));
  }

  /**
   * {@return how many pages a relation has at a position}
   *
   * @param relation the relation, or one of its other forks
   * @param lsn the position, to which the log must have come
   * @param token ends the wait for the files
   * @throws UnknownRelationException if it is not there
   * @throws RelationNotTrackedException if the log since the timeline's begin does not tell
   * @throws ReadException if there is no answer at that position, as {@link #page} says
   * @throws IOException if a file cannot be read, or is damaged
   * @throws InterruptedException if the thread is interrupted
   */
  public long relationSize(RelTag relation, Lsn lsn, CancellationToken token)
      throws ReadException, IOException, InterruptedException {
    return reads.ask(lsn, token, relations -> relations.size(relation));
  }

  /**
   * {@return how many bytes the relations of a database have at a position, without their free space maps}
   *
   * @param database the database's OID
   * @param lsn the position, to which the log must have come
   * @param token ends the wait for the files
   * @throws UnknownRelationException if there is no such database any more
   * @throws RelationNotTrackedException if the log since the timeline's begin does not tell
   * @throws ReadException if there is no answer at that position, as {@link #page} says
   * @throws IOException if a file cannot be read, or is damaged
   * @throws InterruptedException if the thread is interrupted
   */
  public long databaseSize(int database, Lsn lsn, CancellationToken token)
      throws ReadException, IOException, InterruptedException {
    return reads.ask(lsn, token, relations -> relations.databaseSize(database));
  }

  /**
   * {@return where the log was at a time}
   *
   * <p>The search is part of the calling task: if that is cancelled, the search has ended when this ends.
   *
   * @param time the time
   * @throws IOException if a file cannot be read, or is damaged
   * @throws io.tidegate.GateClosedException if the timeline closes
   * @throws io.tidegate.CancelledException if the calling task is cancelled, or the timeline closes meanwhile
   * @throws InterruptedException if the thread is interrupted
   */
  public LsnAtTime lsnAt(Instant time) throws IOException, InterruptedException {
    return reads.lsnAt(time);
  }

  /** {@return how large its relations are, as far as that is known} */
  public LogicalSize logicalSize() {
    return logicalSize;
  }

  /** {@return the flushes of layers, compactions and garbage collections so far, as flush, compaction and gc} */
  public SequencedMap<String, WorkCount> work() {
    SequencedMap<String, WorkCount> work = new LinkedHashMap<>();
    work.put("flush", flushLoop.flushes());
    work.put("compaction", maintenance.compactions());
    work.put("gc", maintenance.collections());
    return work;
  }

  /** {@return how many bytes its layer files have} */
  public long physicalSize() {
    return store.layers().stream().mapToLong(LayerFile::fileBytes).sum();
  }

  /**
   * Merges the files of level 0 however few there are, and makes image layers. Waits for its turn.
   *
   * <p>It is done by a task of the timeline: a caller whose own task is cancelled stops waiting, and the compaction comes to
   * its end all the same, or to that of the timeline.
   *
   * @return what was done
   * @throws IOException if a file cannot be read or written, or is damaged; then nothing has changed
   * @throws io.tidegate.GateClosedException if the timeline is closing
   * @throws io.tidegate.CancelledException if the timeline closes before it is done, or the calling task is cancelled
   * @throws InterruptedException if the thread is interrupted
   */
  public CompactionResult compactNow() throws IOException, InterruptedException {
    return maintenance.compactNow();
  }

  /**
   * Compacts if there are files enough, as {@link #compactNow} does, unless that has failed so often that it is paused.
   *
   * @return what was done; empty if nothing was to be done, or it is paused
   * @throws IOException if a file cannot be read or written, or is damaged; then nothing has changed
   * @throws io.tidegate.GateClosedException if the timeline is closing
   * @throws io.tidegate.CancelledException if the timeline closes before it is done, or the calling task is cancelled
   * @throws InterruptedException if the thread is interrupted
   */
  public Optional<CompactionResult> compactIfDue() throws IOException, InterruptedException {
    return maintenance.compactIfDue();
  }

  /** {@return whether the next file of level 0 has made it enough for a compaction, and the last one has not failed} */
  public boolean isCompactionDueAtOnce() {
    return maintenance.isCompactionDueAtOnce();
  }

  /** {@return what became of compactions and garbage collections} */
  public MaintenanceStatus maintenance() {
    return maintenance.status();
  }

  /**
   * Has somebody told of each file that the flush has written, on the task that flushes.
   *
   * @param listener told from now on, in the place of whoever was before; quick, and throws nothing
   */
  public void onFlushed(Runnable listener) {
    onFlushed = listener;
  }

  /** Freezes what has been in memory for longer than it may now: the time-out may have become shorter. Waits for nothing. */
  public void freezeIfStale() {
    writePath.freezeIfStale();
  }

  /**
   * Removes what no read can ask for any more, in a task as {@link #compactNow} does. Waits for its turn.
   *
   * @param policy what to keep
   * @return what was done
   * @throws IOException if a file cannot be read or written, or is damaged; then nothing is removed
   * @throws io.tidegate.GateClosedException if the timeline is closing
   * @throws io.tidegate.CancelledException if the timeline closes before it is done, or the calling task is cancelled: the
   *     cutoff may have risen then
   * @throws InterruptedException if the thread is interrupted
   */
  public GcResult collectGarbage(GcPolicy policy) throws IOException, InterruptedException {
    return maintenance.collectGarbage(policy);
  }

  /** {@return from where on reads are answered} */
  public Lsn gcCutoff() {
    return store.gcCutoff();
  }

  /** {@return all layers of this timeline, the newest first} */
  public List<LayerInfo> layers() {
    List<LayerInfo> all = new ArrayList<>();
    for (Layer layer : writePath.snapshot()) {
      if (layer instanceof OpenLayer open && open.recordCount() > 0) {
        all.add(LayerInfo.of(open));
      } else if (layer instanceof FrozenLayer frozen) {
        all.add(LayerInfo.of(frozen));
      }
    }
    store.layers().reversed().forEach(layer -> all.add(LayerInfo.of(layer)));
    return all;
  }

  /** {@return where the record before the last one begins; invalid while none has come since the start} */
  public Lsn previousRecordLsn() {
    return writePath.previousRecordLsn();
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

  /** {@return how the timeline stores, as of now} */
  public TenantSettings settings() {
    return settings.get();
  }

  /** {@return how many layers are in memory} */
  public int layersInMemory() {
    return writePath.layers();
  }

  /** {@return how many layers are on disk} */
  public int layersOnDisk() {
    return store.layers().size();
  }

  /** {@return the servers that it was given to receive from, also after its end} */
  public List<WalSource> sources() {
    return walReceiver().map(WalReceiver::sources).orElse(List.of());
  }

  /** {@return the receiver; empty until the timeline has a source} */
  public Optional<WalReceiver> walReceiver() {
    return ingest.receiver();
  }
}
