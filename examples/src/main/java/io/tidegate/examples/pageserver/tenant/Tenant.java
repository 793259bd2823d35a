// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import io.tidegate.Scope;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.task.Attributes;
import io.tidegate.examples.pageserver.task.FileTask;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.timeline.Checkpointing;
import io.tidegate.examples.pageserver.timeline.Timeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/**
 * One tenant: a scope below the server's, and the timelines in it. It stays active without any.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
public final class Tenant {
  private final TenantId id;
  private final Path folder;
  private final Scope scope;
  private final Checkpointing checkpointing;
  private final List<Timeline> timelines = new CopyOnWriteArrayList<>();

  private Tenant(Scope server, TenantId id, Path folder, Checkpointing checkpointing) {
    this.id = id;
    this.folder = folder;
    this.checkpointing = checkpointing;
    this.scope = server.newChild("tenant-" + id.toString().substring(0, 8)).with(Attributes.TENANT_ID, id).open();
  }

  /** Opens a tenant that has no timelines yet. */
  static Tenant create(Scope server, TenantId id, Path folder, Checkpointing checkpointing) throws IOException {
    Files.createDirectories(folder);
    return new Tenant(server, id, folder, checkpointing);
  }

  /** Opens a tenant with all timelines that its folder holds. */
  static Tenant load(Scope server, TenantId id, Path folder, Checkpointing checkpointing)
      throws IOException, InterruptedException {
    Tenant tenant = new Tenant(server, id, folder, checkpointing);
    List<Path> stored;
    try (Stream<Path> entries = Files.list(folder)) {
      stored = entries.filter(Files::isDirectory).sorted().toList();
    }
    for (Path timeline : stored) {
      tenant.open(() -> LayerStore.open(timeline));
    }
    return tenant;
  }

  /**
   * Creates a timeline.
   *
   * @param metadata what it starts with
   * @return the timeline
   * @throws IOException if its folder cannot be made, or holds one already
   * @throws InterruptedException if the thread is interrupted; the timeline may come to be all the same
   */
  public Timeline create(TimelineMetadata metadata) throws IOException, InterruptedException {
    return open(() -> LayerStore.create(folder.resolve(metadata.timelineId().toString()), metadata));
  }

  /** In one task, so that no store is left without a timeline that closes it when the caller stops waiting. */
  private Timeline open(Callable<LayerStore> store) throws IOException, InterruptedException {
    return FileTask.call(scope, Kind.TIMELINE_OPEN, token -> open(store.call()));
  }

  private Timeline open(LayerStore store) throws IOException {
    try {
      Timeline timeline = Timeline.open(scope, store, checkpointing);
      timelines.add(timeline);
      return timeline;
    } catch (RuntimeException refused) {
      store.close();
      throw refused;
    }
  }

  /** {@return the id} */
  public TenantId id() {
    return id;
  }

  /** {@return the tenant's scope} */
  public Scope scope() {
    return scope;
  }

  /** {@return its timelines} */
  public List<Timeline> timelines() {
    return List.copyOf(timelines);
  }
}
