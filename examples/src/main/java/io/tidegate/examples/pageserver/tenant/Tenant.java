// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.ClosedException;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.examples.pageserver.config.TenantConfig.Setting;
import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.remote.Downloads;
import io.tidegate.examples.pageserver.remote.Uploads;
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.storage.TimelineMetadata.BranchPoint;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.task.Attributes;
import io.tidegate.examples.pageserver.task.FileTask;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.tenant.RefusedException.Why;
import io.tidegate.examples.pageserver.timeline.GcResult;
import io.tidegate.examples.pageserver.timeline.TenantSettings;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.walreceiver.SelectionRules;
import io.tidegate.sync.Watch;
import io.tidegate.testing.Faults;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One tenant: a scope below that of all tenants, and the timelines in it. It stays active without any.
 *
 * <p>What creates and deletes timelines runs in tasks of the tenant: a caller whose own task is cancelled stops waiting, and
 * the operation comes to its end all the same, or to that of the tenant. Of several operations on one timeline the first
 * one runs, and the others are refused.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
public final class Tenant {
  private static final Logger log = LoggerFactory.getLogger(Tenant.class);

  private final TenantId id;
  private final Services services;
  private final TenantFolder folder;
  private final Scope scope;
  private final Life life = new Life(State.ATTACHING);
  private final Watch<TenantConfig> config;
  private final ConcurrentMap<TimelineId, TimelineSlot> slots = new ConcurrentHashMap<>();
  private final GarbageCollections garbage;
  private final BackgroundLoops loops;
  /** Held while a slot is taken or begins to stop: a branch and the deletion of its ancestor exclude each other. */
  private final ReentrantLock taking = new ReentrantLock();
  /** Held while the configuration's file is written. */
  private final ReentrantLock configuring = new ReentrantLock();

  private Tenant(Scope tenants, TenantId id, TenantFolder folder, TenantConfig config, Services services) {
    this.id = id;
    this.services = services;
    this.folder = folder;
    this.config = Watch.of(config);
    this.scope = tenants.newChild("tenant-" + id.toString().substring(0, 8)).with(Attributes.TENANT_ID, id).open();
    this.garbage = new GarbageCollections(slots.values(), this::settings);
    this.loops = new BackgroundLoops(scope, slots.values(), this::settings, garbage);
    scope.onClosed("end states", this::endStates);
    scope.onDrain("refuse", this::refuse);
  }

  /** Opens a tenant that has no timelines: it is active at once. */
  static Tenant create(Scope tenants, TenantId id, TenantFolder folder, TenantConfig config, Services services) {
    Tenant tenant = new Tenant(tenants, id, folder, config, services);
    tenant.activate();
    return tenant;
  }

  /** Opens a tenant, and brings up the timelines that are in its folder in a task of its own. */
  static Tenant load(Scope tenants, TenantId id, TenantFolder folder, Services services) throws IOException {
    Tenant tenant = new Tenant(tenants, id, folder, folder.config(), services);
    tenant.start(Kind.INITIAL_LOAD, token -> tenant.openTimelines());
    return tenant;
  }

  /** Opens a tenant, and brings up the timelines that are in the remote store in a task of its own. */
  static Tenant attach(Scope tenants, TenantId id, TenantFolder folder, Services services) throws IOException {
    Tenant tenant = new Tenant(tenants, id, folder, folder.config(), services);
    tenant.start(Kind.ATTACH, token -> {
      tenant.config.set(new Download(tenant.scope, id, folder, services).run(token));
      tenant.openTimelines();
    });
    return tenant;
  }

  private interface BringUp {
    void run(CancellationToken token) throws Exception;
  }

  private void start(Kind kind, BringUp bringUp) {
    scope.spawn(kind, token -> {
      try {
        bringUp.run(token);
        Faults.point("tenant.activate.before");
        activate();
      } catch (Exception failed) {
        token.throwIfCancelled();
        log.error("{} is broken", scope.path(), failed);
        become(State.broken(String.valueOf(failed.getMessage())));
      }
    });
  }

  private void activate() {
    become(State.ACTIVATING);
    new ConfigUpload(scope, id, config, services.remote()).start();
    loops.start();
    become(State.ACTIVE);
    log.info("tenant {} is {} with {} timelines", id, life.now(), slots.size());
  }

  private void become(State next) {
    life.become(next);
    if (next.equals(State.STOPPING)) {
      slots.values().forEach(slot -> slot.become(State.STOPPING));
    }
  }

  /** What is still coming has nothing to flush, and may wait for the remote store: it is closed the hard way. */
  private void refuse() {
    boolean wasComing = life.now().isComing();
    become(State.STOPPING);
    if (wasComing) {
      scope.cancel("closed before it was active");
    }
  }

  private void endStates() {
    life.end();
    slots.values().forEach(TimelineSlot::end);
  }

  private void openTimelines() throws IOException, InterruptedException {
    for (TimelineId each : FileTask.call(scope, Kind.TENANT_FILES, token -> ancestorsFirst(folder.timelines()))) {
      TimelineSlot slot = new TimelineSlot(each, State.ATTACHING);
      slots.put(each, slot);
      if (FileTask.call(scope, Kind.TENANT_FILES, token -> folder.isDeleted(each))) {
        slot.become(State.STOPPING);
        startDeletion(slot);
      } else {
        reopen(slot);
      }
    }
  }

  private List<TimelineId> ancestorsFirst(List<TimelineId> timelines) {
    Set<TimelineId> ordered = new LinkedHashSet<>();
    timelines.forEach(each -> addAfterAncestors(each, timelines, ordered));
    return List.copyOf(ordered);
  }

  private void addAfterAncestors(TimelineId timeline, List<TimelineId> known, Set<TimelineId> ordered) {
    List<TimelineId> line = new ArrayList<>();
    Optional<TimelineId> next = Optional.of(timeline);
    while (next.isPresent() && known.contains(next.get()) && !line.contains(next.get())) {
      line.addFirst(next.get());
      next = ancestor(next.get());
    }
    ordered.addAll(line);
  }

  private Optional<TimelineId> ancestor(TimelineId timeline) {
    try {
      return LayerStore.branchPoint(folder.timeline(timeline), services.disk()).map(BranchPoint::timelineId);
    } catch (IOException unreadable) {
      return Optional.empty(); // it cannot be opened for the same reason, which is told then
    }
  }

  /** One that cannot be read is broken, and the others work. */
  private void reopen(TimelineSlot slot) throws IOException, InterruptedException {
    try {
      FileTask.call(
          scope, Kind.TIMELINE_OPEN, token -> open(slot, LayerStore.open(folder.timeline(slot.id()), services.disk())));
    } catch (NoSuchFileException neverCreated) {
      log.info("removing timeline {}, whose creation was cut off: {}", slot.id(), neverCreated.getMessage());
      slots.remove(slot.id());
      FileTask.call(scope, Kind.TENANT_FILES, token -> {
        folder.remove(slot.id());
        return slot;
      });
    } catch (IOException unreadable) {
      log.error("timeline {} is broken", slot.id(), unreadable);
      slot.become(State.broken(String.valueOf(unreadable.getMessage())));
      FileTask.call(scope, Kind.TENANT_FILES, token -> findBranchPoint(slot));
    }
  }

  /** What a broken timeline needs of its ancestor stays there, for when its files are restored. */
  private TimelineSlot findBranchPoint(TimelineSlot broken) {
    try {
      LayerStore.branchPoint(folder.timeline(broken.id()), services.disk()).ifPresent(broken::branchesOff);
    } catch (IOException unreadable) {
      log.warn("no garbage of tenant {} is collected, as {} may need it: {}", id, broken.id(), unreadable.getMessage());
      broken.hideBranchPoint();
    }
    return broken;
  }

  /** In one task, so that no store is left without a timeline that closes it when the caller stops waiting. */
  private Timeline open(TimelineSlot slot, LayerStore store) throws IOException {
    try {
      Timeline timeline = Timeline.open(scope, store, this::settings, services.timelines(), ancestor(store.metadata()));
      Uploads uploads = Uploads.start(timeline.scope(), store, services.remote(), timeline::uploaded);
      timeline.onFlushed(() -> loops.flushed(timeline));
      slot.activate(timeline, uploads, new Downloads(timeline.scope(), store, services.remote(), services.disk()));
      return timeline;
    } catch (IOException | RuntimeException refused) {
      store.close();
      throw refused;
    }
  }

  private Optional<Timeline> ancestor(TimelineMetadata metadata) throws IOException {
    Optional<BranchPoint> point = metadata.branchPoint();
    Optional<Timeline> ancestor =
        point.flatMap(each -> Optional.ofNullable(slots.get(each.timelineId()))).flatMap(TimelineSlot::timeline);
    if (point.isPresent() && ancestor.isEmpty()) {
      throw new IOException("the ancestor is broken or not there: " + point.get());
    }
    return ancestor;
  }

  private TenantSettings settings() {
    TenantConfig effective = effectiveConfig();
    return new TenantSettings(
        effective.number(Setting.CHECKPOINT_DISTANCE),
        effective.duration(Setting.CHECKPOINT_TIMEOUT),
        Math.toIntExact(effective.number(Setting.CHECKPOINT_LAYERS)),
        effective.number(Setting.COMPACTION_TARGET_SIZE),
        effective.duration(Setting.COMPACTION_PERIOD),
        Math.toIntExact(effective.number(Setting.COMPACTION_THRESHOLD)),
        Math.toIntExact(effective.number(Setting.IMAGE_CREATION_THRESHOLD)),
        effective.number(Setting.GC_HORIZON),
        effective.duration(Setting.GC_PERIOD),
        effective.duration(Setting.PITR_INTERVAL));
  }

  /** {@return by which rules a timeline of this tenant chooses among the servers that it receives from} */
  SelectionRules selectionRules() {
    TenantConfig effective = effectiveConfig();
    return new SelectionRules(
        effective.duration(Setting.WALRECEIVER_CONNECT_TIMEOUT),
        effective.duration(Setting.LAGGING_WAL_TIMEOUT),
        effective.number(Setting.MAX_LSN_WAL_LAG));
  }

  /**
   * Creates a timeline. It is durable, and works, on return.
   *
   * @param metadata what it starts with, as of this tenant
   * @return the timeline
   * @throws RefusedException if the tenant or the ancestor is not active, there is a timeline of this id, or the ancestor's
   *     log does not have the position at which it branches off
   * @throws IOException if its folder cannot be made
   * @throws CancelledException if the calling task is cancelled first
   * @throws InterruptedException if the thread is interrupted
   */
  public Timeline createTimeline(TimelineMetadata metadata) throws IOException, InterruptedException {
    if (!metadata.tenantId().equals(id)) {
      throw new RefusedException(Why.INVALID, "a timeline of " + metadata.tenantId() + " is none of tenant " + id);
    }
    TimelineSlot slot = take(metadata);
    return Operation.await(start(slot, metadata));
  }

  private Task<Timeline> start(TimelineSlot slot, TimelineMetadata metadata) {
    try {
      return Operation.start(scope, Kind.TIMELINE_OPEN, "create " + slot.id(), token -> create(slot, metadata));
    } catch (RefusedException closing) {
      slots.remove(slot.id(), slot);
      throw closing;
    }
  }

  private Timeline create(TimelineSlot slot, TimelineMetadata metadata) throws IOException {
    boolean created = false;
    try {
      Faults.point("timeline.create.before", IOException::new);
      Timeline timeline = open(slot, LayerStore.create(folder.timeline(slot.id()), metadata, services.disk()));
      created = true;
      log.info("created {}", timeline.scope().path());
      return timeline;
    } finally {
      if (!created) {
        slots.remove(slot.id(), slot);
      }
    }
  }

  private TimelineSlot take(TimelineMetadata metadata) {
    taking.lock();
    try {
      checkActive();
      TimelineSlot slot = new TimelineSlot(metadata.timelineId(), State.ATTACHING);
      metadata.branchPoint().ifPresent(slot::branchesOff);
      TimelineSlot other = slots.putIfAbsent(slot.id(), slot);
      if (other != null) {
        throw new RefusedException(Why.CONFLICT, other + ", exists already");
      }
      checkTaken(slot);
      return slot;
    } finally {
      taking.unlock();
    }
  }

  private void checkTaken(TimelineSlot slot) {
    boolean mayStay = false;
    try {
      slot.branchPoint().ifPresent(this::checkBranchPoint);
      mayStay = true;
    } finally {
      if (!mayStay) {
        slots.remove(slot.id(), slot);
      }
    }
  }

  /**
   * The branch point is in the slot already: either it is seen there by a garbage collection of the ancestor,
   * which raises the cutoff before it looks, or the raised cutoff is seen here.
   */
  private void checkBranchPoint(BranchPoint point) {
    Faults.point("timeline.branch.registered");
    TimelineSlot ancestor = slots.get(point.timelineId());
    if (ancestor == null) {
      throw new RefusedException(Why.NOT_FOUND, "there is no ancestor " + point.timelineId());
    }
    Timeline from = ancestor.active();
    if (from.lastRecordLsn().isBefore(point.lsn()) || point.lsn().isBefore(from.metadata().startLsn())) {
      throw new RefusedException(Why.INVALID, "the log of the ancestor " + point.timelineId() + " goes from "
          + from.metadata().startLsn() + " to " + from.lastRecordLsn() + ", and does not have " + point.lsn());
    }
    if (point.lsn().isBefore(from.gcCutoff())) {
      throw new RefusedException(Why.INVALID, "the ancestor " + point.timelineId() + " is not kept as it was at "
          + point.lsn() + ": garbage collection has removed what was before " + from.gcCutoff());
    }
  }

  /**
   * Removes what no read of a timeline can ask for any more; what the configured interval and branches need stays.
   *
   * <p>It is done by a task of the timeline: a caller whose own task is cancelled stops waiting, and the collection comes to
   * its end all the same, or to that of the timeline.
   *
   * @param timelineId the timeline
   * @param horizon how many bytes of its log to keep; empty for what is configured
   * @return what was done
   * @throws RefusedException if there is none, it or the tenant is not active, the horizon is negative, none is given and
   *     garbage collection is turned off, or a timeline of the tenant is so broken that it cannot be known what it needs
   * @throws IOException if a file cannot be read or written, or is damaged; then nothing is removed
   * @throws io.tidegate.GateClosedException if the timeline is closing
   * @throws CancelledException if the timeline closes before it is done, or the calling task is cancelled
   * @throws InterruptedException if the thread is interrupted
   */
  public GcResult collectGarbageNow(TimelineId timelineId, OptionalLong horizon) throws IOException, InterruptedException {
    return garbage.run(timeline(timelineId), horizon);
  }

  /**
   * Creates a timeline that branches off from another one.
   *
   * @param timelineId the new timeline
   * @param ancestor the other one
   * @param at where; empty for its last record
   * @return the timeline
   * @throws RefusedException as {@link #createTimeline} does
   * @throws IOException if its folder cannot be made
   * @throws CancelledException if the calling task is cancelled first
   * @throws InterruptedException if the thread is interrupted
   */
  public Timeline branchTimeline(TimelineId timelineId, TimelineId ancestor, Optional<Lsn> at)
      throws IOException, InterruptedException {
    Lsn lsn = at.isPresent() ? at.get() : timeline(ancestor).lastRecordLsn();
    return createTimeline(TimelineMetadata.branch(id, timelineId, new BranchPoint(ancestor, lsn)));
  }

  /**
   * Deletes a timeline. On return it is durable, here and in the remote store, that it is to be deleted: it does not come back
   * after a restart or an attach elsewhere. What is left of it is removed by a task.
   *
   * @param timelineId the timeline
   * @return the task, which has succeeded when nothing is left; it goes on after a restart if the tenant closes before
   * @throws RefusedException if there is none, the tenant is not active, others branch off from it, or it is being created or
   *     deleted
   * @throws IOException if the first mark cannot be written: then nothing has changed
   * @throws CancelledException if the calling task is cancelled first
   * @throws InterruptedException if the thread is interrupted
   */
  public Task<?> deleteTimeline(TimelineId timelineId) throws IOException, InterruptedException {
    TimelineSlot slot = stop(timelineId);
    Deletion deletion = deletion(slot);
    Task<Task<?>> marking = Operation.start(scope, Kind.TIMELINE_DELETION, "mark deleted " + timelineId, token -> {
      markHere(slot, deletion);
      slot.timeline().ifPresent(timeline -> timeline.scope().close());
      deletion.markRemotely(token);
      return startDeletion(slot);
    });
    return Operation.await(marking);
  }

  private static void markHere(TimelineSlot slot, Deletion deletion) throws IOException, InterruptedException {
    try {
      deletion.markHere();
    } catch (IOException failed) {
      slot.restore();
      throw failed;
    }
  }

  private TimelineSlot stop(TimelineId timelineId) {
    taking.lock();
    try {
      checkActive();
      TimelineSlot slot = slot(timelineId);
      State before = slot.state().value();
      if (before.isComing() || before.equals(State.STOPPING)) {
        throw new RefusedException(Why.CONFLICT, slot + ": another operation is in progress");
      }
      slots.values().stream().filter(each -> each.ancestor().equals(Optional.of(timelineId))).findFirst()
          .ifPresent(child -> {
            throw new RefusedException(Why.PRECONDITION, child + ", branches off from " + timelineId);
          });
      slot.become(State.STOPPING);
      return slot;
    } finally {
      taking.unlock();
    }
  }

  private Task<?> startDeletion(TimelineSlot slot) {
    return scope.newTask(Kind.TIMELINE_DELETION).name("delete " + slot.id()).spawn(token -> {
      new SlotRemoval().run(scope, slot.timeline().stream().toList());
      deletion(slot).run(token);
      slots.remove(slot.id(), slot);
      slot.end();
      log.info("deleted timeline {}", slot.id());
    });
  }

  private Deletion deletion(TimelineSlot slot) {
    return new Deletion(scope, id, slot.id(), folder, services.remote());
  }

  /**
   * {@return a timeline that works}
   *
   * @param timelineId its id
   * @throws RefusedException if there is none, or it or the tenant is not active
   */
  public Timeline timeline(TimelineId timelineId) {
    checkActive();
    return slot(timelineId).active();
  }

  /**
   * {@return what fetches missing layers of a timeline that works}
   *
   * @param timelineId its id
   * @throws RefusedException if there is none, or it or the tenant is not active
   */
  public Downloads downloads(TimelineId timelineId) {
    checkActive();
    return slot(timelineId).activeDownloads();
  }

  private TimelineSlot slot(TimelineId timelineId) {
    TimelineSlot slot = slots.get(timelineId);
    if (slot == null) {
      checkActive(); // while it stops, what is not there may have been
      throw new RefusedException(Why.NOT_FOUND, "tenant " + id + " has no timeline " + timelineId);
    }
    return slot;
  }

  /**
   * Checks that it works.
   *
   * @throws RefusedException if it does not, or not any more
   */
  public void checkActive() {
    State now = life.now();
    if (!now.isActive() || scope.isClosing()) {
      Why why = now.phase() == State.Phase.BROKEN ? Why.BROKEN : Why.UNAVAILABLE;
      throw new RefusedException(why, "tenant " + id + " is " + (now.isActive() ? State.STOPPING : now));
    }
  }

  /**
   * Waits until the tenant is active.
   *
   * @param limit for how long at most
   * @param token ends the wait
   * @throws RefusedException if it will not be, or is not yet
   * @throws CancelledException if the token, or the calling task's own, is cancelled
   * @throws InterruptedException if the thread is interrupted
   */
  public void awaitActive(Duration limit, CancellationToken token) throws InterruptedException {
    CancellationToken limited = token.withTimeout(limit);
    try {
      life.states().await(now -> !now.isComing(), limited);
    } catch (CancelledException cancelled) {
      token.throwIfCancelled();
      if (!cancelled.is(limited)) {
        throw cancelled;
      }
    } catch (ClosedException closed) {
      log.debug("{} has closed", scope.path());
    }
    checkActive();
  }

  /** {@return what is set for this tenant} */
  public TenantConfig config() {
    return config.value();
  }

  /** {@return what is in force for this tenant} */
  public TenantConfig effectiveConfig() {
    return config.value().orElse(services.defaults());
  }

  /**
   * Sets what is set for this tenant; it is durable here on return, and goes to the remote store. Timelines and
   * background loops go by it from their next step on.
   *
   * @param changed the new configuration
   * @throws RefusedException if the tenant is not active
   * @throws IOException if it cannot be written: then it is as before
   * @throws CancelledException if the calling task is cancelled first
   * @throws InterruptedException if the thread is interrupted
   */
  public void configure(TenantConfig changed) throws IOException, InterruptedException {
    checkActive();
    Operation.await(Operation.start(scope, Kind.TENANT_FILES, "configure", token -> {
      configuring.lock();
      try {
        folder.write(changed);
        config.set(changed);
        loops.reconfigured();
        return changed;
      } finally {
        configuring.unlock();
      }
    }));
  }

  /** {@return the id} */
  public TenantId id() {
    return id;
  }

  /** {@return the tenant's scope} */
  public Scope scope() {
    return scope;
  }

  /** {@return the state, which ends when the tenant has closed} */
  public Watch<State> state() {
    return life.states();
  }

  /** {@return its timelines in the order of their ids, those that come and go included} */
  public List<TimelineSlot> timelines() {
    return slots.values().stream().sorted(Comparator.comparing(TimelineSlot::id)).toList();
  }

  BackgroundLoops loops() {
    return loops;
  }

  TenantFolder folder() {
    return folder;
  }

  /** Closes in order within the budget, or without one the hard way; nothing of the tenant runs on return. */
  void close(Duration budget) {
    refuse();
    if (budget.isPositive()) {
      scope.closeGracefully(budget);
    }
    scope.close();
  }

  @Override
  public String toString() {
    return "tenant " + id + ", " + life.now();
  }
}
