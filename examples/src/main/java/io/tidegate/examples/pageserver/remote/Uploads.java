// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.remote;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.storage.StoreContents;
import io.tidegate.examples.pageserver.task.FileTask;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.task.Pauses;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.sync.Watch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the remote store's copy of one timeline up to date.
 *
 * <p>What is to be done is the difference between what the layer store holds and what the remote store has: a failed
 * upload is still part of it the next time, and what compaction has replaced meanwhile is not. First the missing layers are
 * put, then the index that names them, then what no index names is removed: so an index never names what is not there.
 *
 * <p>A graceful close of the timeline puts what is missing, as long as it takes; a hard one stops where it is.
 */
public final class Uploads {
  private final Scope timeline;
  private final LayerStore store;
  private final RemoteStore remote;
  private final Consumer<Lsn> onUploaded;
  private final TenantId tenantId;
  private final TimelineId timelineId;
  private final Task<?> queue;
  private final Watch<Order> orders = Watch.of(new Order(0, false));
  /** The names of the layers that the remote store has, wanted or not. Written by the queue's task. */
  private final Set<String> present = ConcurrentHashMap.newKeySet();
  /** The names of the objects that were there at the start and belong to nothing; the queue's task only. */
  private final Set<String> strays = new HashSet<>();

  /**
   * What the queue is told.
   *
   * @param changes how often the layer store has changed
   * @param isLast whether this is to be uploaded, and nothing after it
   */
  private record Order(long changes, boolean isLast) {
    Order next() {
      return new Order(changes + 1, isLast);
    }

    Order toDrain() {
      return new Order(changes, true);
    }
  }

  private Uploads(Scope timeline, LayerStore store, RemoteStore remote, Consumer<Lsn> onUploaded) {
    this.timeline = timeline;
    this.store = store;
    this.remote = remote;
    this.onUploaded = onUploaded;
    this.tenantId = store.metadata().tenantId();
    this.timelineId = store.metadata().timelineId();
    store.onChange(() -> orders.update(Order::next));
    this.queue = timeline.spawn(Kind.REMOTE_UPLOAD_QUEUE, this::run);
    timeline.onDrain("drain uploads", this::drain);
  }

  /**
   * Begins to upload. The timeline's last flush comes before the drain step that this adds to its scope.
   *
   * @param timeline the timeline's scope
   * @param store its layers
   * @param remote where they go
   * @param onUploaded told how far the remote store's copy reaches, each time it was brought up to date
   * @return the uploads
   */
  public static Uploads start(Scope timeline, LayerStore store, RemoteStore remote, Consumer<Lsn> onUploaded) {
    return new Uploads(timeline, store, remote, onUploaded);
  }

  /** {@return how many layers the remote store does not have yet, as far as is known} */
  public int waiting() {
    return (int) store.contents().layers().stream()
        .filter(file -> !present.contains(file.getFileName().toString()))
        .count();
  }

  private void drain() throws InterruptedException {
    orders.update(Order::toDrain);
    queue.join();
    timeline.token().throwIfCancelled(); // a hard close ends the queue too: this was cut short, and has not failed
    if (queue.state() != Task.State.SUCCEEDED) {
      throw new IllegalStateException("not all is uploaded: " + queue);
    }
  }

  private void run(CancellationToken token) throws Exception {
    String what = "uploading " + timeline.path() + " to " + remote;
    Pauses.untilDone(what, own -> takeStock(), token);
    Watch.Reader<Order> reader = orders.subscribe();
    boolean isLast = false;
    while (!isLast) {
      isLast = reader.next(token).orElseThrow().isLast();
      Pauses.untilDone(what, own -> bringUpToDate(store.contents()), token);
    }
  }

  /** Finds out what the remote store has: an object that no index names is put again, or removed. */
  private void takeStock() throws IOException, InterruptedException {
    String prefix = Keys.timeline(tenantId, timelineId);
    String key = Keys.index(tenantId, timelineId);
    List<String> found = FileTask.call(timeline, Kind.REMOTE_DOWNLOAD, token -> remote.list(prefix, token));
    found.forEach(each -> strays.add(Keys.nameOf(each)));
    if (found.contains(key)) {
      Optional<byte[]> content = FileTask.call(timeline, Kind.REMOTE_DOWNLOAD, token -> remote.read(key, token));
      TimelineIndex index = TimelineIndex.decode(key, content.orElseThrow());
      present.addAll(index.layers());
      strays.removeAll(index.layers());
      strays.remove(Keys.nameOf(key));
      onUploaded.accept(index.metadata().diskConsistentLsn());
    }
  }

  private void bringUpToDate(StoreContents contents) throws IOException, InterruptedException {
    Map<String, Path> wanted = new HashMap<>();
    contents.layers().forEach(file -> wanted.put(file.getFileName().toString(), file));
    putMissing(wanted);
    putIndex(new TimelineIndex(false, wanted.keySet(), contents.metadata()));
    onUploaded.accept(contents.metadata().diskConsistentLsn());
    removeUnwanted(wanted.keySet());
  }

  /** Side by side; one failure stands for all of them. */
  private void putMissing(Map<String, Path> wanted) throws IOException, InterruptedException {
    Map<String, Task<String>> uploads = new HashMap<>();
    for (String name : wanted.keySet()) {
      if (!present.contains(name)) {
        uploads.put(name, timeline.fork(Kind.REMOTE_UPLOAD, token -> put(name, wanted.get(name), token)));
      }
    }
    @Nullable Throwable failure = null;
    for (Task<String> upload : uploads.values()) {
      upload.join();
      @Nullable Throwable thrown = upload.exception().orElse(null);
      if (thrown == null) {
        present.add(upload.result());
      } else {
        failure = thrown;
      }
    }
    if (failure != null) {
      throw new IOException("an upload failed: " + failure, failure);
    }
  }

  private String put(String name, Path file, CancellationToken token) throws IOException {
    remote.put(Keys.timeline(tenantId, timelineId) + name, file, token);
    return name;
  }

  private void putIndex(TimelineIndex index) throws IOException, InterruptedException {
    FileTask.run(timeline, Kind.REMOTE_UPLOAD, token ->
        remote.put(Keys.index(tenantId, timelineId), index.encode(), token));
  }

  private void removeUnwanted(Set<String> wanted) throws IOException, InterruptedException {
    List<String> unwanted =
        Stream.concat(present.stream(), strays.stream()).filter(name -> !wanted.contains(name)).toList();
    if (unwanted.isEmpty()) {
      return;
    }
    FileTask.run(timeline, Kind.REMOTE_DELETION, token -> {
      for (String name : unwanted) {
        remote.delete(Keys.timeline(tenantId, timelineId) + name, token);
      }
    });
    present.retainAll(wanted);
    strays.clear();
  }
}
