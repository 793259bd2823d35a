// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.tenant;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.TaskAction;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.remote.Keys;
import io.tidegate.examples.pageserver.remote.RemoteStore;
import io.tidegate.examples.pageserver.remote.TimelineIndex;
import io.tidegate.examples.pageserver.task.FileTask;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.task.Pauses;
import io.tidegate.testing.Faults;
import java.io.IOException;
import java.util.Optional;

/**
 * Removes a timeline, in steps each of which may be done again.
 *
 * <pre>
 *   1  mark in the folder             after a restart it is not opened, and the deletion goes on
 *   2  mark in the remote index       after an attach elsewhere too; then its slots are dropped, as far as they can be
 *   3  files in the folder removed, but for the mark
 *   4  remote objects removed, the index last
 *   5  the folder removed
 * </pre>
 */
final class Deletion {
  private final Scope tenant;
  private final TenantId tenantId;
  private final TimelineId timelineId;
  private final TenantFolder folder;
  private final RemoteStore remote;

  Deletion(Scope tenant, TenantId tenantId, TimelineId timelineId, TenantFolder folder, RemoteStore remote) {
    this.tenant = tenant;
    this.tenantId = tenantId;
    this.timelineId = timelineId;
    this.folder = folder;
    this.remote = remote;
  }

  /** Step 1. */
  void markHere() throws IOException, InterruptedException {
    FileTask.run(tenant, Kind.TENANT_FILES, token -> {
      Faults.point("timeline.delete.before-mark", IOException::new);
      folder.setDeleted(timelineId);
    });
  }

  /** Step 2, tried until it is done; nobody uploads any more. */
  void markRemotely(CancellationToken token) throws Exception {
    again("marking", Kind.REMOTE_UPLOAD, token, own -> {
      String key = Keys.index(tenantId, timelineId);
      Optional<byte[]> content = remote.read(key, own);
      if (content.isPresent()) {
        remote.put(key, TimelineIndex.decode(key, content.get()).asDeleted().encode(), own);
      }
    });
  }

  /** All steps after the first one. */
  void run(CancellationToken token) throws Exception {
    markRemotely(token);
    again("removing the files of", Kind.TENANT_FILES, token, own -> {
      Faults.point("timeline.delete.before-files", IOException::new);
      folder.empty(timelineId);
    });
    again("removing from the remote store", Kind.REMOTE_DELETION, token, own ->
        removeAll(remote, Keys.timeline(tenantId, timelineId), Keys.index(tenantId, timelineId), own));
    again("removing the folder of", Kind.TENANT_FILES, token, own -> {
      Faults.point("timeline.delete.before-folder", IOException::new);
      folder.remove(timelineId);
    });
  }

  private void again(String what, Kind kind, CancellationToken token, TaskAction step) throws Exception {
    Pauses.untilDone(what + " timeline " + timelineId, own -> FileTask.run(tenant, kind, step), token);
  }

  /** Removes all objects with a prefix, and of them that one last which says that the others are to be removed. */
  static void removeAll(RemoteStore remote, String prefix, String last, CancellationToken token) throws IOException {
    for (String key : remote.list(prefix, token)) {
      if (!key.equals(last)) {
        remote.delete(key, token);
      }
    }
    remote.delete(last, token);
  }
}
