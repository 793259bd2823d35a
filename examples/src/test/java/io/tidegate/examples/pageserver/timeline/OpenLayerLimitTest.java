// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.storage.MemoryDisk;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import io.tidegate.examples.pageserver.wal.WalRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What all open layers may hold together, and which one gives way. */
@Timeout(300)
class OpenLayerLimitTest {
  /** As if each timeline had the memory for itself. */
  private static final TenantSettings LARGE =
      TenantSettings.DEFAULTS.withCheckpoint(1L << 40, Duration.ofDays(1), 1_000_000);

  private final CancellationToken token = CancellationToken.none();
  private final List<WalRecord> records = SampleRecords.plain(40, 1_000);

  private static WritePath path(OpenLayerLimit limit) {
    return new WritePath(SampleRecords.START, () -> LARGE, limit);
  }

  private void put(WritePath path, int from, int to) throws Exception {
    for (WalRecord each : records.subList(from, to)) {
      path.put(each, token);
    }
  }

  @Test
  void put_beyondTheLimit_freezesTheLargestLayer_whoeverPuts() throws Exception {
    OpenLayerLimit limit = OpenLayerLimit.of(30_000);
    WritePath small = path(limit);
    WritePath large = path(limit);
    put(small, 0, 5);
    put(large, 0, 20);
    assertEquals(small.openBytes() + large.openBytes(), limit.held());

    put(small, 5, 10);
    assertEquals(0, large.openBytes());
    assertEquals(records.get(19).end(), large.awaitFrozen(token).orElseThrow().endLsn());
    assertEquals(10, small.snapshot().getFirst().recordCount());
    assertEquals(1, small.layers());
    assertEquals(small.openBytes(), limit.held());
  }

  @Test
  void put_ofARecordLargerThanTheLimit_freezesItAtOnce() throws Exception {
    OpenLayerLimit limit = OpenLayerLimit.of(100);
    WritePath path = path(limit);
    put(path, 0, 2);
    assertEquals(2, path.layers());
    assertEquals(0, limit.held());
  }

  @Test
  void put_withoutALimit_freezesNothing() throws Exception {
    WritePath path = path(OpenLayerLimit.of(0));
    put(path, 0, 40);
    assertEquals(40, path.snapshot().getFirst().recordCount());
    assertThrows(IllegalArgumentException.class, () -> OpenLayerLimit.of(-1));
  }

  @Test
  void freezeAndRelease_giveBackWhatTheyHold() throws Exception {
    OpenLayerLimit limit = OpenLayerLimit.of(1 << 30);
    WritePath frozen = path(limit);
    WritePath finished = path(limit);
    WritePath cutOff = path(limit);
    for (WritePath each : List.of(frozen, finished, cutOff)) {
      put(each, 0, 10);
    }
    long each = limit.held() / 3;
    frozen.freezeNow();
    assertEquals(2 * each, limit.held());
    finished.finish();
    finished.release();
    assertEquals(each, limit.held());
    cutOff.release(); // as in a hard close
    cutOff.release();
    cutOff.freezeEarly(); // by somebody who chose it before
    assertEquals(0, limit.held());
  }

  /** Whoever finds that another thread freezes already goes on: that one sees what came meanwhile. */
  @Test
  void put_byMany_leavesNoMoreThanTheLimit() throws Exception {
    OpenLayerLimit limit = OpenLayerLimit.of(20_000);
    List<WritePath> paths = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> ends = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        WritePath path = path(limit);
        paths.add(path);
        ends.add(threads.submit(() -> {
          put(path, 0, 40);
          return null;
        }));
      }
      for (Future<?> end : ends) {
        end.get();
      }
    }
    assertTrue(limit.held() <= 20_000, () -> "held: " + limit.held());
    assertEquals(paths.stream().mapToLong(WritePath::openBytes).sum(), limit.held());
    for (WritePath path : paths) {
      assertEquals(40, path.snapshot().stream().mapToLong(layer -> layer.recordCount()).sum());
    }
  }

  @Test
  void timelines_beyondTheLimit_haveTheLargestLayerFlushed() throws Exception {
    TimelineServices services = TimelineServices.create(OpenLayerLimit.of(30_000));
    try (Scope tenant = Scope.root("tenant")) {
      Timeline quiet = open(tenant, services);
      Timeline busy = open(tenant, services);
      quiet.put(records.getFirst(), token);
      SampleRecords.ingest(busy, records.subList(0, 28));
      Await.until("the large layer is on disk", () -> busy.layersOnDisk() == 1);
      assertEquals(0, quiet.layersOnDisk());
      assertTrue(services.openLayers().held() > 0);
      busy.scope().close();
      quiet.scope().close();
      assertEquals(0, services.openLayers().held());
    }
  }

  private static Timeline open(Scope tenant, TimelineServices services) throws Exception {
    TimelineMetadata metadata = TimelineMetadata.of(TenantId.random(), TimelineId.random(), SampleRecords.START);
    LayerStore store = LayerStore.create(Path.of("/timeline"), metadata, new MemoryDisk());
    return Timeline.open(tenant, store, () -> LARGE, services, Optional.empty());
  }
}
