// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CloseReport;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.carrier.CarrierPool;
import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.storage.Disk;
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.storage.WatchedDisk;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.task.Pools;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which threads write layers, and who waits for them. */
@Timeout(60)
class TimelineFlushTest {
  private static final TenantSettings LAYER_PER_RECORD =
      TenantSettings.DEFAULTS.withCheckpoint(1, Duration.ofDays(1), 10);

  @TempDir
  Path folder;

  private final Scope tenant = Scope.root("tenant");
  /** What each operation on the disk was called by. */
  private final Map<String, Set<Caller>> callers = new ConcurrentHashMap<>();
  private final CountDownLatch mayRename = new CountDownLatch(1);

  private record Caller(CarrierPool pool, boolean isVirtual, String kind) {}

  @AfterEach
  void close() {
    mayRename.countDown();
    tenant.close();
  }

  /** P5: the work that blocks for the disk runs on the pool of platform threads, and on nothing else. */
  @Test
  void flush_runsOnPlatformThreadsOfItsPoolOnly() throws Exception {
    mayRename.countDown();
    Timeline timeline = open();
    put(timeline, 3);
    Await.until("all is on disk", () -> timeline.layersOnDisk() == 3);

    Caller write = new Caller(Pools.IO, false, Kind.LAYER_WRITE.name());
    Set<String> steps = Set.of("create", "write", "sync", "close", "rename", "syncFolder", "open", "size", "read");
    assertEquals(steps.stream().collect(Collectors.toMap(step -> step, step -> Set.of(write))), callers);
  }

  /** P5: what waits for layers is no body of the platform threads; those are free between two layers. */
  @Test
  void flush_betweenTwoLayers_keepsNoPlatformThread() throws Exception {
    mayRename.countDown();
    Timeline timeline = open();
    put(timeline, 1);
    Await.until("the layer is on disk", () -> timeline.layersInMemory() == 0);

    Await.until("only the flush task is left", () -> runningKinds().equals(Set.of(Kind.LAYER_FLUSH.name())));
    assertEquals(Pools.BACKGROUND, tenant.tasks().getFirst().kind().pool());
  }

  /** S1: a hard close ends the flush task, and waits for the write that it has started, before it closes the files. */
  @Test
  void closeHard_whileALayerIsWritten_waitsForIt() throws Exception {
    Timeline timeline = open();
    put(timeline, 1);
    Await.until("a layer is being written", () -> callers.containsKey("sync"));
    Thread closer = Thread.startVirtualThread(tenant::close);
    Await.until("only the write is left", () -> runningKinds().equals(Set.of(Kind.LAYER_WRITE.name())));
    Await.until("the closer waits", () -> closer.getState() == Thread.State.TIMED_WAITING);
    assertFalse(timeline.scope().gate().isClosed());

    mayRename.countDown();
    closer.join();
    try (LayerStore store = LayerStore.open(folder.resolve("timeline"))) {
      assertEquals(1, store.layers().size());
    }
  }

  /** S8: a graceful close waits in its drain step for the write in progress, and has the rest written after it. */
  @Test
  void closeGracefully_whileALayerIsWritten_flushesAll() throws Exception {
    Timeline timeline = open();
    put(timeline, 3);
    Await.until("a layer is being written", () -> callers.containsKey("sync"));
    CompletableFuture<CloseReport> report = new CompletableFuture<>();
    Thread closer = Thread.startVirtualThread(() -> report.complete(tenant.closeGracefully(Duration.ofDays(1))));
    Await.until("closing has begun", () -> timeline.scope().gate().isClosing());
    Await.until("the closer waits", () -> closer.getState() == Thread.State.TIMED_WAITING);

    mayRename.countDown();
    assertTrue(report.get().isOrderly(), () -> report.join().toString());
    try (LayerStore store = LayerStore.open(folder.resolve("timeline"))) {
      assertEquals(3, store.layers().size());
    }
  }

  private Set<String> runningKinds() {
    return tenant.tasks().stream().map(Task::kind).map(kind -> kind.name()).collect(Collectors.toSet());
  }

  private Timeline open() throws IOException {
    TimelineMetadata metadata = TimelineMetadata.of(TenantId.random(), TimelineId.random(), SampleRecords.START);
    LayerStore.create(folder.resolve("timeline"), metadata).close();
    LayerStore store = LayerStore.open(folder.resolve("timeline"), WatchedDisk.of(Disk.real(), this::beforeCall));
    callers.clear();
    return Timeline.open(tenant, store, () -> LAYER_PER_RECORD, TimelineServices.create(), Optional.empty());
  }

  private static void put(Timeline timeline, int count) throws Exception {
    SampleRecords.ingest(timeline, SampleRecords.plain(count, 1_000));
  }

  /** Notes who asks; a layer's file gets its name only when it may. */
  private void beforeCall(String call) throws InterruptedException {
    noteCaller(call);
    if (call.equals("rename")) {
      mayRename.await();
    }
  }

  private void noteCaller(String step) {
    Caller caller = new Caller(
        CarrierPool.current(),
        Thread.currentThread().isVirtual(),
        Task.current().map(task -> task.kind().name()).orElse("none"));
    callers.computeIfAbsent(step, key -> ConcurrentHashMap.newKeySet()).add(caller);
  }
}
