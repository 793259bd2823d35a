// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.TaskBody;
import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.remote.Keys;
import io.tidegate.examples.pageserver.remote.RemoteStore;
import io.tidegate.examples.pageserver.remote.TimelineIndex;
import io.tidegate.examples.pageserver.storage.MetadataFile;
import io.tidegate.examples.pageserver.task.FileTask;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.task.Pauses;
import io.tidegate.examples.pageserver.tenant.RefusedException.Why;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches a tenant from the remote store into its folder, timeline by timeline: after a crash on the way, those that are not
 * there yet. What the store fails at is tried again.
 */
final class Download {
  private static final Logger log = LoggerFactory.getLogger(Download.class);

  private final Scope tenant;
  private final TenantId id;
  private final TenantFolder folder;
  private final Services services;

  Download(Scope tenant, TenantId id, TenantFolder folder, Services services) {
    this.tenant = tenant;
    this.id = id;
    this.folder = folder;
    this.services = services;
  }

  /**
   * {@return what is set for the tenant}
   *
   * @throws RefusedException if the store has no such tenant, or had it and is removing it
   */
  TenantConfig run(CancellationToken token) throws Exception {
    List<String> keys = again(token, own -> remote().list(Keys.tenant(id), own));
    if (keys.contains(Keys.deletedMark(id))) {
      again(token, own -> removeRest(own));
    }
    if (!keys.contains(Keys.config(id)) || keys.contains(Keys.deletedMark(id))) {
      throw new RefusedException(Why.NOT_FOUND, "tenant " + id + " is not in " + remote());
    }
    TenantConfig config = again(token, this::config);
    for (String key : keys) {
      Optional<TimelineId> timeline = Keys.timelineOfIndex(id, key);
      if (timeline.isPresent()) {
        again(token, own -> fetch(timeline.get(), own));
      }
    }
    return FileTask.call(tenant, Kind.TENANT_FILES, own -> {
      folder.write(config);
      folder.clear(TenantFolder.Mark.ATTACHING);
      return config;
    });
  }

  private <T> T again(CancellationToken token, TaskBody<T> step) throws Exception {
    return Pauses.retry("attaching tenant " + id)
        .call(own -> FileTask.call(tenant, Kind.REMOTE_DOWNLOAD, step), token);
  }

  private TenantId removeRest(CancellationToken token) throws IOException {
    Deletion.removeAll(remote(), Keys.tenant(id), Keys.deletedMark(id), token);
    return id;
  }

  private TenantConfig config(CancellationToken token) throws IOException {
    byte[] content = remote().read(Keys.config(id), token).orElseThrow();
    return TenantFolder.parse(Path.of(Keys.config(id)), content);
  }

  private TimelineId fetch(TimelineId timeline, CancellationToken token) throws IOException {
    Optional<byte[]> content = remote().read(Keys.index(id, timeline), token);
    if (content.isEmpty() || Files.exists(folder.timeline(timeline))) {
      return timeline;
    }
    TimelineIndex index = TimelineIndex.decode(Keys.index(id, timeline), content.get());
    if (index.deleted()) {
      folder.setDeleted(timeline);
    } else {
      folder.createTimeline(timeline, into -> fetch(index, into, token));
      log.info("fetched timeline {} with {} layers", timeline, index.layers().size());
    }
    return timeline;
  }

  private void fetch(TimelineIndex index, Path into, CancellationToken token) throws IOException {
    for (String layer : index.layers()) {
      remote().fetch(Keys.timeline(id, index.metadata().timelineId()) + layer, into.resolve(layer), token);
    }
    MetadataFile.write(services.disk(), into, index.metadata());
  }

  private RemoteStore remote() {
    return services.remote();
  }
}
