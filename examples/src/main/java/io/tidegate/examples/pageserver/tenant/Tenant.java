// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.ClosedException;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.remote.Downloads;
import io.tidegate.examples.pageserver.storage.TimelineMetadata.BranchPoint;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.task.Attributes;
import io.tidegate.examples.pageserver.task.FileTask;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.tenant.RefusedException.Why;
import io.tidegate.examples.pageserver.timeline.GcResult;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.walreceiver.SelectionRules;
import io.tidegate.sync.Watch;
import io.tidegate.testing.Faults;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
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
  private final Configuration configuration;
  private final TimelineSlots slots;
  private final GarbageCollections garbage;
  private final BackgroundLoops loops;
  private final TimelineOpener opener;

  private Tenant(Scope tenants, TenantId id, TenantFolder folder, TenantConfig config, Services services) {
    this.id = id;
    this.services = services;
    this.folder = folder;
    this.configuration = new Configuration(folder, services.defaults(), config);
    this.scope = tenants.newChild("tenant-" + id.toString().substring(0, 8)).with(Attributes.TENANT_ID, id).open();
    this.slots = new TimelineSlots(id, this::checkActive);
    this.garbage = new GarbageCollections(slots.all(), configuration::settings);
    this.loops = new BackgroundLoops(scope, slots.all(), configuration::settings, garbage);
    this.opener = new TimelineOpener(scope, folder, services, slots, configuration::settings, loops::flushed);
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
      tenant.configuration.own().set(new Download(tenant.scope, id, folder, services).run(token));
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
    new ConfigUpload(scope, id, configuration.own(), services.remote()).start();
    loops.start();
    become(State.ACTIVE);
    log.info("tenant {} is {} with {} timelines", id, life.now(), slots.all().size());
  }

  private void become(State next) {
    life.become(next);
    if (next.equals(State.STOPPING)) {
      slots.all().forEach(slot -> slot.become(State.STOPPING));
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
    slots.all().forEach(TimelineSlot::end);
  }

  private void openTimelines() throws IOException, InterruptedException {
    for (TimelineId each : opener.stored()) {
      TimelineSlot slot = slots.add(each);
      if (FileTask.call(scope, Kind.TENANT_FILES, token -> folder.isDeleted(each))) {
        slot.become(State.STOPPING);
        startDeletion(slot);
      } else {
        opener.reopen(slot);
      }
    }
  }

  /** {@return by which rules a timeline of this tenant chooses among the servers that it receives from} */
  SelectionRules selectionRules() {
    return configuration.selectionRules();
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
    TimelineSlot slot = slots.take(metadata);
    return Operation.await(start(slot, metadata));
  }

  private Task<Timeline> start(TimelineSlot slot, TimelineMetadata metadata) {
    try {
      return Operation.start(scope, Kind.TIMELINE_OPEN, "create " + slot.id(), token -> opener.create(slot, metadata));
    } catch (RefusedException closing) {
      slots.remove(slot);
      throw closing;
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
    TimelineSlot slot = slots.stop(timelineId);
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

  private Task<?> startDeletion(TimelineSlot slot) {
    return scope.newTask(Kind.TIMELINE_DELETION).name("delete " + slot.id()).spawn(token -> {
      new SlotRemoval().run(scope, slot.timeline().stream().toList());
      deletion(slot).run(token);
      slots.remove(slot);
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
    return slots.find(timelineId).active();
  }

  /**
   * {@return what fetches missing layers of a timeline that works}
   *
   * @param timelineId its id
   * @throws RefusedException if there is none, or it or the tenant is not active
   */
  public Downloads downloads(TimelineId timelineId) {
    checkActive();
    return slots.find(timelineId).activeDownloads();
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
    return configuration.own().value();
  }

  /** {@return what is in force for this tenant} */
  public TenantConfig effectiveConfig() {
    return configuration.effective();
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
      configuration.write(changed);
      loops.reconfigured();
      return changed;
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
    return slots.all().stream().sorted(Comparator.comparing(TimelineSlot::id)).toList();
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
