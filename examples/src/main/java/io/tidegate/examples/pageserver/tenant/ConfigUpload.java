// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.remote.Keys;
import io.tidegate.examples.pageserver.remote.RemoteStore;
import io.tidegate.examples.pageserver.task.FileTask;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.task.Pauses;
import io.tidegate.sync.Watch;
import java.util.Optional;

/** Keeps the remote store's copy of a tenant's configuration up to date: also what says there that there is such a tenant. */
final class ConfigUpload {
  private final Scope tenant;
  private final TenantId id;
  private final Watch<TenantConfig> config;
  private final RemoteStore remote;

  ConfigUpload(Scope tenant, TenantId id, Watch<TenantConfig> config, RemoteStore remote) {
    this.tenant = tenant;
    this.id = id;
    this.config = config;
    this.remote = remote;
  }

  void start() {
    Task<?> queue = tenant.newTask(Kind.REMOTE_UPLOAD_QUEUE).name("upload config").spawn(this::run);
    tenant.onDrain("drain config", () -> {
      config.close();
      queue.join();
    });
  }

  private void run(CancellationToken token) throws Exception {
    Watch.Reader<TenantConfig> reader = config.subscribe();
    Optional<TenantConfig> next = reader.next(token);
    while (next.isPresent()) {
      byte[] content = TenantFolder.text(next.get());
      Pauses.untilDone("uploading the configuration of tenant " + id, own -> put(content), token);
      next = reader.next(token);
    }
  }

  private void put(byte[] content) throws Exception {
    FileTask.run(tenant, Kind.REMOTE_UPLOAD, token -> remote.put(Keys.config(id), content, token));
  }
}
