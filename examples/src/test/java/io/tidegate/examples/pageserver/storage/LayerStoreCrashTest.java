// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.examples.pageserver.wal.Lsn;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Crashes at every step that changes the disk, followed by another process on what is left. */
@Timeout(300)
class LayerStoreCrashTest {
  private static final int POWER_CUTS = 12;

  private final SampleWal wal = new SampleWal(1, Acknowledged.START, 8, 60);
  private final List<Lsn> ends = new ArrayList<>(List.of(Acknowledged.START));
  private Acknowledged acknowledged = new Acknowledged();

  LayerStoreCrashTest() {
    for (int i = 0; i < 3; i++) {
      wal.extend(20 + i * 40);
      ends.add(wal.end());
    }
  }

  @Test
  void open_afterAKillAtAnyStep_losesNothingReported() throws Exception {
    forEachStep((disk, step) -> checkAndFinish(disk.afterKill()));
  }

  @Test
  void open_afterAPowerCutAtAnyStep_losesNothingReported() throws Exception {
    forEachStep((disk, step) -> {
      for (int seed = 0; seed < POWER_CUTS; seed++) {
        checkAndFinish(disk.afterPowerCut(new Random(step * 100L + seed)));
      }
    });
  }

  @Test
  void open_afterCrashesInARow_losesNothingReported() throws Exception {
    for (int seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      acknowledged = new Acknowledged();
      MemoryDisk disk = new MemoryDisk();
      for (int crash = 0; crash < 6; crash++) {
        disk.crashAt(1 + random.nextInt(20));
        runToTheEnd(disk);
        disk = random.nextInt(4) == 0 ? disk.afterKill() : disk.afterPowerCut(random);
      }
      checkAndFinish(disk);
    }
  }

  @Test
  void flush_afterAFailureAtAnyStep_succeedsWhenRepeated() throws Exception {
    for (int step = 1; ; step++) {
      acknowledged = new Acknowledged();
      MemoryDisk disk = new MemoryDisk();
      LayerStore store = acknowledged.open(disk);
      disk.failOnceAt(step);
      flushRepeatedly(store);
      store.close();
      checkAndFinish(disk.afterPowerCut(new Random(step)));
      if (!disk.failed()) {
        assertTrue(step > 30, "every step was tried");
        return;
      }
    }
  }

  private interface Aftermath {
    void check(MemoryDisk disk, int step) throws IOException;
  }

  private void forEachStep(Aftermath aftermath) throws IOException {
    for (int step = 1; ; step++) {
      MemoryDisk disk = new MemoryDisk();
      disk.crashAt(step);
      acknowledged = new Acknowledged();
      runToTheEnd(disk);
      aftermath.check(disk, step);
      if (acknowledged.flushed().equals(wal.end()) && !disk.failed()) {
        assertTrue(step > 30, "every step was tried");
        return;
      }
    }
  }

  private void runToTheEnd(MemoryDisk disk) throws IOException {
    try {
      LayerStore store = acknowledged.open(disk);
      flushRest(store, acknowledged);
      store.close();
    } catch (MemoryDisk.Crash expected) {
      // The caller goes on with what is left.
    }
  }

  private void flushRest(LayerStore store, Acknowledged by) throws IOException {
    while (store.diskConsistentLsn().isBefore(wal.end())) {
      by.flush(store, layerAfter(store.diskConsistentLsn()));
    }
  }

  private void flushRepeatedly(LayerStore store) throws IOException {
    while (store.diskConsistentLsn().isBefore(wal.end())) {
      Lsn before = store.diskConsistentLsn();
      int layers = store.layers().size();
      FrozenLayer next = layerAfter(before);
      try {
        acknowledged.flush(store, next);
      } catch (MemoryDisk.Crash failed) {
        assertEquals(before, store.diskConsistentLsn());
        assertEquals(layers, store.layers().size());
        acknowledged.flush(store, next);
      }
      assertEquals(next.endLsn(), store.diskConsistentLsn());
      assertEquals(next.endLsn(), acknowledged.flushed());
    }
  }

  private FrozenLayer layerAfter(Lsn start) {
    int index = ends.indexOf(start);
    assertTrue(index >= 0, () -> "between two layers: " + start);
    Lsn end = ends.get(index + 1);
    List<SampleWal.Rec> records = wal.records.stream()
        .filter(each -> start.isBefore(each.endLsn()) && !end.isBefore(each.endLsn()))
        .toList();
    return SampleWal.layer(start, records, end);
  }

  private void checkAndFinish(MemoryDisk disk) throws IOException {
    Acknowledged here = acknowledged.copy();
    try (LayerStore store = here.open(disk)) {
      checkContent(disk, store);
      flushRest(store, here);
      checkContent(disk, store);
      assertEquals(wal.end(), store.diskConsistentLsn());
    }
  }

  private void checkContent(MemoryDisk disk, LayerStore store) throws IOException {
    Acknowledged.checkFiles(store, disk);
    List<LayerRecord> all = new ArrayList<>();
    for (LayerFile layer : store.layers()) {
      all.addAll(SampleWal.readAll(layer));
    }
    assertEquals(wal.expected(store.diskConsistentLsn()), all);
    for (int page = 0; page < 8; page++) {
      assertEquals(
          wal.expected(SampleWal.page(page), store.diskConsistentLsn()), store.get(SampleWal.page(page), wal.end()));
    }
  }
}
