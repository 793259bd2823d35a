// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageEffect;
import io.tidegate.examples.pageserver.wal.PageKey;
import io.tidegate.examples.pageserver.wal.PageTouch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Compaction, image layers and garbage collection change no answer, also where they are cut off at any step. */
@Timeout(300)
class CompactionTest {
  private static final int PAGES = 6;
  private static final int LAYERS = 6;
  private static final int RECORDS = 12;
  private static final long TARGET = 2_000;

  private record Rec(Lsn endLsn, PageKey key, PageEffect effect, ByteBuffer bytes) {}

  /** What a read says, page contents by their hash. */
  private record Answer(PageKey key, Lsn at, String said) {}

  private final List<Rec> records = new ArrayList<>();
  private final List<Lsn> ends = new ArrayList<>(List.of(Acknowledged.START));
  private final Lsn branch;
  private final Lsn cutoff;
  private Acknowledged acknowledged = new Acknowledged();

  CompactionTest() {
    Random random = new Random(7);
    for (int layer = 0; layer < LAYERS; layer++) {
      for (int i = 0; i < RECORDS; i++) {
        add(random);
      }
      ends.add(records.getLast().endLsn());
    }
    branch = records.get(RECORDS + 3).endLsn();
    cutoff = records.get(4 * RECORDS).endLsn();
  }

  @Test
  void answers_afterAllOfIt_areTheSame() throws Exception {
    MemoryDisk disk = new MemoryDisk();
    try (LayerStore store = acknowledged.open(disk)) {
      run(store, acknowledged);
      checkAnswers(store);
      Set<LayerLevel> levels = new TreeSet<>();
      store.layers().forEach(layer -> levels.add(layer.level()));
      assertEquals(Set.of(LayerLevel.L1, LayerLevel.IMAGE), levels);
    }
    try (LayerStore store = acknowledged.open(disk)) {
      checkAnswers(store);
      assertEquals(cutoff, store.gcCutoff());
    }
  }

  @Test
  void collection_withoutBranches_leavesFewerBytes() throws Exception {
    try (LayerStore store = acknowledged.open(new MemoryDisk())) {
      flushUpTo(store, LAYERS, acknowledged);
      new Compaction(store, TARGET, 9).run(CancellationToken.none());
      long before = bytes(store);
      GarbageCollection garbage = new GarbageCollection(store);
      garbage.run(records.getLast().endLsn(), Set::of, CancellationToken.none());
      assertTrue(garbage.removed() > 0);
      assertTrue(bytes(store) < before / 2, before + " bytes, then " + bytes(store));
    }
  }

  @Test
  void crashAtAnyStep_changesNoAnswer() throws Exception {
    for (int step = 1; ; step++) {
      MemoryDisk disk = new MemoryDisk();
      disk.crashAt(step);
      acknowledged = new Acknowledged();
      runToTheEnd(disk);
      checkAndFinish(disk.afterKill());
      for (int seed = 0; seed < 4; seed++) {
        checkAndFinish(disk.afterPowerCut(new Random(step * 10L + seed)));
      }
      if (!disk.failed()) {
        assertTrue(step > 100, "every step was tried: " + step);
        return;
      }
    }
  }

  @Test
  void failureAtAnyStep_changesNoAnswerAndLeavesNoFile() throws Exception {
    for (int step = 1; ; step++) {
      MemoryDisk disk = new MemoryDisk();
      acknowledged = new Acknowledged();
      LayerStore store = acknowledged.open(disk);
      flushUpTo(store, LAYERS, acknowledged);
      disk.failOnceAt(step);
      try {
        new Compaction(store, TARGET, 1).run(CancellationToken.none());
        new GarbageCollection(store).run(cutoff, () -> Set.of(branch), CancellationToken.none());
      } catch (MemoryDisk.Crash failed) {
        checkAnswers(store);
      }
      new Compaction(store, TARGET, 1).run(CancellationToken.none());
      new GarbageCollection(store).run(cutoff, () -> Set.of(branch), CancellationToken.none());
      checkAnswers(store);
      store.close();
      checkAndFinish(disk.afterPowerCut(new Random(step)));
      if (!disk.failed()) {
        assertTrue(step > 30, "every step was tried: " + step);
        return;
      }
    }
  }

  @Test
  void compaction_cancelled_changesNothing() throws Exception {
    MemoryDisk disk = new MemoryDisk();
    try (LayerStore store = acknowledged.open(disk)) {
      flushUpTo(store, 3, acknowledged);
      List<LayerFile> before = store.layers();
      CancellationToken token = CancellationToken.create();
      token.cancel();
      assertThrows(CancelledException.class, () -> new Compaction(store, TARGET, 1).run(token));
      assertEquals(before, store.layers());
    }
  }

  @Test
  void open_missingFileOfLevel1_isRefused() throws Exception {
    MemoryDisk disk = new MemoryDisk();
    Path gone;
    try (LayerStore store = acknowledged.open(disk)) {
      flushUpTo(store, 2, acknowledged);
      new Compaction(store, TARGET, 9).run(CancellationToken.none());
      gone = store.layers().getFirst().file();
    }
    disk.delete(gone);
    CorruptLayerException refused =
        assertThrows(CorruptLayerException.class, () -> LayerStore.open(Acknowledged.FOLDER, disk));
    assertTrue(String.valueOf(refused.getMessage()).contains(gone.getFileName().toString()));
  }

  private void run(LayerStore store, Acknowledged by) throws IOException {
    flushUpTo(store, 2, by);
    if (store.state().level0().size() >= 2) {
      new Compaction(store, TARGET, 2).run(CancellationToken.none());
    }
    flushUpTo(store, LAYERS, by);
    new Compaction(store, TARGET, 2).run(CancellationToken.none());
    new GarbageCollection(store).run(cutoff, () -> Set.of(branch), CancellationToken.none());
  }

  private void runToTheEnd(MemoryDisk disk) throws IOException {
    try (LayerStore store = acknowledged.open(disk)) {
      run(store, acknowledged);
    } catch (MemoryDisk.Crash expected) {
      // The caller goes on with what is left.
    }
  }

  private void checkAndFinish(MemoryDisk disk) throws IOException {
    Acknowledged here = acknowledged.copy();
    try (LayerStore store = here.open(disk)) {
      checkAnswers(store);
      Acknowledged.checkFiles(store, disk);
      run(store, here);
      checkAnswers(store);
      assertEquals(records.getLast().endLsn(), store.diskConsistentLsn());
    }
  }

  private void flushUpTo(LayerStore store, int layers, Acknowledged by) throws IOException {
    while (store.diskConsistentLsn().isBefore(ends.get(layers))) {
      Lsn from = store.diskConsistentLsn();
      Lsn to = ends.get(ends.indexOf(from) + 1);
      OpenLayer layer = new OpenLayer(from);
      records.stream()
          .filter(each -> from.isBefore(each.endLsn()) && !to.isBefore(each.endLsn()))
          .forEach(each -> layer.put(
              each.endLsn(), List.of(new PageTouch(each.key(), each.effect())), each.bytes().duplicate(), 0));
      by.flush(store, layer.freeze(to));
    }
  }

  /** Compares with the plain model, at all positions that may be asked for. */
  private void checkAnswers(LayerStore store) throws IOException {
    List<Lsn> positions = new ArrayList<>(records.stream().map(Rec::endLsn)
        .filter(lsn -> !lsn.isBefore(store.gcCutoff()) && !store.diskConsistentLsn().isBefore(lsn)).toList());
    if (!store.diskConsistentLsn().isBefore(branch)) {
      positions.add(branch);
    }
    for (Lsn at : positions) {
      for (int page = 0; page < PAGES; page++) {
        assertEquals(expected(page(page), at), found(store, page(page), at));
      }
    }
  }

  private static Answer found(LayerStore store, PageKey key, Lsn at) throws IOException {
    PageSearch search = new PageSearch(key, at);
    store.each(search::in);
    ByteBuffer page = search.page();
    return new Answer(key, at, search.newest() + " " + search.imageLsn() + " " + search.firstRecord() + " "
        + (page == null ? "-" : page.duplicate().order(ByteOrder.LITTLE_ENDIAN).getInt(20)));
  }

  private Answer expected(PageKey key, Lsn at) {
    List<Rec> seen = records.stream()
        .filter(each -> each.key().equals(key) && !at.isBefore(each.endLsn()))
        .sorted(Comparator.comparing(Rec::endLsn).reversed())
        .toList();
    Lsn first = null;
    Rec base = null;
    for (Rec each : seen) {
      first = each.effect() == PageEffect.IMAGE ? first : each.endLsn();
      if (each.effect().replaces()) {
        base = each;
        break;
      }
    }
    Lsn image = base != null && base.effect() == PageEffect.IMAGE ? base.endLsn() : null;
    String page = image != null && first == null ? "" + (int) image.value() : "-";
    return new Answer(key, at, (seen.isEmpty() ? null : seen.getFirst().endLsn()) + " " + image + " " + first + " "
        + page);
  }

  private void add(Random random) {
    Lsn from = records.isEmpty() ? Acknowledged.START : records.getLast().endLsn();
    PageKey key = page(random.nextInt(PAGES));
    PageEffect effect = PageEffect.of(random.nextInt(5) < 3 ? 2 : random.nextInt(2));
    Lsn end = from.plus(200);
    records.add(new Rec(end, key, effect, effect == PageEffect.IMAGE ? image(key, end) : ByteBuffer.allocate(50)));
  }

  private static PageKey page(int number) {
    return new PageKey(1663, 5, 16384 + number / 3, (byte) 0, number);
  }

  /** {@return a record with an image of a page that has the end's low half at byte 20, and is zero otherwise} */
  private static ByteBuffer image(PageKey key, Lsn end) {
    ByteBuffer record = ByteBuffer.allocate(24 + 4 + 5 + 16 + 32).order(ByteOrder.LITTLE_ENDIAN);
    record.putInt(0, record.capacity()).position(24);
    record.put((byte) 0).put((byte) 0x10).putShort((short) 0);
    record.putShort((short) 32).putShort((short) 32).put((byte) 3); // 32 bytes, a hole behind them, to be applied
    record.putInt(key.tablespace()).putInt(key.database()).putInt(key.relation()).putInt(key.block());
    record.putInt(record.position() + 20, (int) end.value());
    return record.clear();
  }

  private static long bytes(LayerStore store) {
    return store.layers().stream().mapToLong(LayerFile::fileBytes).sum();
  }
}
