// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import io.tidegate.Scope;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.remote.Downloads;
import io.tidegate.examples.pageserver.remote.Uploads;
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.storage.TimelineMetadata.BranchPoint;
import io.tidegate.examples.pageserver.task.FileTask;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.timeline.TenantSettings;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.testing.Faults;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the timelines of one tenant: those that are in its folder, and new ones.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
final class TimelineOpener {
  private static final Logger log = LoggerFactory.getLogger(TimelineOpener.class);

  private final Scope tenant;
  private final TenantFolder folder;
  private final Services services;
  private final TimelineSlots slots;
  private final Supplier<TenantSettings> settings;
  private final Consumer<Timeline> onFlushed;

  /**
   * Prepares.
   *
   * @param tenant the tenant's scope
   * @param folder the tenant's
   * @param services what all tenants share
   * @param slots the places of the tenant's timelines
   * @param settings the tenant's
   * @param onFlushed told of each file that a flush has written, on the task that flushes; quick, and throws nothing
   */
  TimelineOpener(
      Scope tenant,
      TenantFolder folder,
      Services services,
      TimelineSlots slots,
      Supplier<TenantSettings> settings,
      Consumer<Timeline> onFlushed) {
    this.tenant = tenant;
    this.folder = folder;
    this.services = services;
    this.slots = slots;
    this.settings = settings;
    this.onFlushed = onFlushed;
  }

  /** {@return the timelines in the folder, each after its ancestors} */
  List<TimelineId> stored() throws IOException, InterruptedException {
    return FileTask.call(tenant, Kind.TENANT_FILES, token -> ancestorsFirst(folder.timelines()));
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

  /** Opens a timeline that is in the folder. One that cannot be read is broken, and the others work. */
  void reopen(TimelineSlot slot) throws IOException, InterruptedException {
    try {
      FileTask.call(
          tenant, Kind.TIMELINE_OPEN, token -> open(slot, LayerStore.open(folder.timeline(slot.id()), services.disk())));
    } catch (NoSuchFileException neverCreated) {
      log.info("removing timeline {}, whose creation was cut off: {}", slot.id(), neverCreated.getMessage());
      slots.remove(slot);
      FileTask.run(tenant, Kind.TENANT_FILES, token -> folder.remove(slot.id()));
    } catch (IOException unreadable) {
      log.error("timeline {} is broken", slot.id(), unreadable);
      slot.become(State.broken(String.valueOf(unreadable.getMessage())));
      FileTask.run(tenant, Kind.TENANT_FILES, token -> findBranchPoint(slot));
    }
  }

  /** What a broken timeline needs of its ancestor stays there, for when its files are restored. */
  private void findBranchPoint(TimelineSlot broken) {
    try {
      LayerStore.branchPoint(folder.timeline(broken.id()), services.disk()).ifPresent(broken::branchesOff);
    } catch (IOException unreadable) {
      log.warn("no garbage of tenant {} is collected, as {} may need it: {}",
          slots.tenant(), broken.id(), unreadable.getMessage());
      broken.hideBranchPoint();
    }
  }

  /** Creates a timeline in a slot that was taken for it, which goes if that fails. Blocks for I/O. */
  Timeline create(TimelineSlot slot, TimelineMetadata metadata) throws IOException {
    boolean created = false;
    try {
      Faults.point("timeline.create.before", IOException::new);
      Timeline timeline = open(slot, LayerStore.create(folder.timeline(slot.id()), metadata, services.disk()));
      created = true;
      log.info("created {}", timeline.scope().path());
      return timeline;
    } finally {
      if (!created) {
        slots.remove(slot);
      }
    }
  }

  /** In one task, so that no store is left without a timeline that closes it when the caller stops waiting. */
  private Timeline open(TimelineSlot slot, LayerStore store) throws IOException {
    try {
      Timeline timeline = Timeline.open(tenant, store, settings, services.timelines(), ancestor(store.metadata()));
      Uploads uploads = Uploads.start(timeline.scope(), store, services.remote(), timeline::uploaded);
      timeline.onFlushed(() -> onFlushed.accept(timeline));
      slot.activate(timeline, uploads, new Downloads(timeline.scope(), store, services.remote(), services.disk()));
      return timeline;
    } catch (IOException | RuntimeException refused) {
      store.close();
      throw refused;
    }
  }

  private Optional<Timeline> ancestor(TimelineMetadata metadata) throws IOException {
    Optional<BranchPoint> point = metadata.branchPoint();
    Optional<Timeline> ancestor = point.flatMap(each -> slots.timeline(each.timelineId()));
    if (point.isPresent() && ancestor.isEmpty()) {
      throw new IOException("the ancestor is broken or not there: " + point.get());
    }
    return ancestor;
  }
}
