// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageEffect;
import io.tidegate.examples.pageserver.wal.PageKey;
import io.tidegate.examples.pageserver.wal.PageTouch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.time.Duration;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class OpenLayerTest {
  private static final Lsn START = new Lsn(0x1_0000_0000L);
  private static final PageKey PAGE = SampleWal.page(1);

  @Test
  void get_ofRandomRecords_agreesWithThePlainModel() throws Exception {
    for (int seed = 0; seed < 20; seed++) {
      SampleWal wal = new SampleWal(seed, START, 20, 400);
      OpenLayer layer = SampleWal.fill(new OpenLayer(START), wal.extend(300));
      wal.check(layer);
      wal.check(layer.freeze(wal.end()));
    }
  }

  @Test
  void get_ofRecordsAcrossChunks_agreesWithThePlainModel() throws Exception {
    SampleWal wal = new SampleWal(7, START, 5, 3 * RecordLog.CHUNK_BYTES);
    wal.check(SampleWal.fill(new OpenLayer(START), wal.extend(20)));
    // Headers at every distance from a chunk's end.
    SampleWal small = new SampleWal(8, START, 5, 0);
    OpenLayer layer = new OpenLayer(START);
    for (SampleWal.Rec each : small.extend(3 * RecordLog.CHUNK_BYTES / 17)) {
      layer.put(each.endLsn(), SampleWal.touches(each.keys()), ByteBuffer.wrap(new byte[1]), 0);
    }
    assertEquals(small.records.size(), SampleWal.readAll(layer).size());
    assertEquals(small.expected(PAGE, small.end()).stream().map(LayerRecord::endLsn).toList(),
        layer.get(PAGE, small.end()).stream().map(LayerRecord::endLsn).toList());
  }

  /** An open timeline without traffic costs next to nothing, and one with little costs little. */
  @Test
  void memory_growsWithTheRecords() {
    OpenLayer layer = new OpenLayer(START);
    assertEquals(0, layer.allocatedBytes());
    ByteBuffer record = ByteBuffer.allocate(1_000);
    for (int i = 1; i <= 2_000; i++) {
      layer.put(START.plus(i), List.of(), record, 0);
      long bytes = layer.byteCount();
      long allowed = Math.max(RecordLog.FIRST_BYTES, Math.min(2 * bytes, bytes + RecordLog.CHUNK_BYTES));
      assertTrue(layer.allocatedBytes() <= allowed, () -> layer + " takes " + layer.allocatedBytes());
      assertTrue(layer.allocatedBytes() >= bytes, () -> layer + " takes " + layer.allocatedBytes());
    }
    assertEquals(2L * RecordLog.CHUNK_BYTES, layer.allocatedBytes());
  }

  @Test
  void put_withoutPages_keepsTheRecord() throws Exception {
    OpenLayer layer = new OpenLayer(START);
    layer.put(START.plus(8), List.of(), ByteBuffer.wrap(new byte[] {1, 2}), 0);
    assertEquals(1, layer.recordCount());
    assertEquals(2 + RecordLog.HEADER_BYTES, layer.byteCount());
    assertEquals(1, SampleWal.readAll(layer.freeze(START.plus(8))).size());
  }

  @Test
  void put_samePageTwice_findsTheRecordOnce() throws Exception {
    OpenLayer layer = new OpenLayer(START);
    layer.put(START.plus(8), SampleWal.touches(List.of(PAGE, SampleWal.page(2), PAGE)), ByteBuffer.allocate(4), 0);
    assertEquals(2, layer.get(PAGE, START.plus(8)).size() + layer.get(SampleWal.page(2), START.plus(8)).size());
  }

  @Test
  void put_partOfABuffer_copiesThatPartAndLeavesTheBuffer() throws Exception {
    OpenLayer layer = new OpenLayer(START);
    ByteBuffer direct = ByteBuffer.allocateDirect(8).put(new byte[] {0, 1, 2, 3, 4, 5, 6, 7}).position(2).limit(5);
    ByteBuffer same = direct.duplicate();
    layer.put(START.plus(8), SampleWal.touches(List.of(PAGE)), direct, 0);
    assertEquals(same, direct);
    assertEquals(2, direct.position());
    direct.put(2, (byte) 99);
    LayerRecord found = layer.get(PAGE, START.plus(8)).getFirst();
    assertEquals(ByteBuffer.wrap(new byte[] {2, 3, 4}), found.bytes());
    assertThrows(ReadOnlyBufferException.class, () -> found.bytes().put(0, (byte) 1));
  }

  @Test
  void put_notBeyondTheLastRecord_isRefused() {
    OpenLayer layer = new OpenLayer(START);
    ByteBuffer bytes = ByteBuffer.allocate(4);
    assertThrows(IllegalArgumentException.class, () -> layer.put(START, List.of(), bytes, 0));
    layer.put(START.plus(8), List.of(), bytes, 0);
    assertThrows(IllegalArgumentException.class, () -> layer.put(START.plus(8), List.of(), bytes, 0));
    assertEquals(1, layer.recordCount());
  }

  @Test
  void freeze_beforeTheLastRecordOrAtTheStart_isRefused() {
    OpenLayer layer = new OpenLayer(START);
    assertThrows(IllegalArgumentException.class, () -> layer.freeze(START));
    layer.put(START.plus(8), List.of(), ByteBuffer.allocate(4), 0);
    assertThrows(IllegalArgumentException.class, () -> layer.freeze(START.plus(7)));
    assertEquals(START.plus(24), layer.freeze(START.plus(24)).endLsn());
  }

  @Test
  void put_afterFreeze_isRefused() {
    OpenLayer layer = new OpenLayer(START);
    FrozenLayer unused = layer.freeze(START.plus(8));
    assertEquals(0, unused.recordCount());
    assertThrows(
        IllegalStateException.class, () -> layer.put(START.plus(16), List.of(), ByteBuffer.allocate(4), 0));
    assertThrows(IllegalStateException.class, () -> layer.freeze(START.plus(16)));
  }

  @Test
  void dirtyFor_countsFromTheFirstRecord() {
    OpenLayer layer = new OpenLayer(START);
    long first = Long.MAX_VALUE - 10; // nanoTime may wrap around
    assertEquals(Duration.ZERO, layer.dirtyFor(first));
    layer.put(START.plus(8), List.of(), ByteBuffer.allocate(4), first);
    layer.put(START.plus(16), List.of(), ByteBuffer.allocate(4), first + 500);
    assertEquals(Duration.ofNanos(1000), layer.dirtyFor(first + 1000));
  }

  @Test
  void get_inTheMiddleOfAPut_findsTheRecordUnderNoPageYet() throws Exception {
    OpenLayer layer = new OpenLayer(START);
    List<PageTouch> keysThatLook = new AbstractList<>() {
      @Override
      public PageTouch get(int index) {
        for (int page = 0; page <= index; page++) {
          assertEquals(List.of(), layer.versions(SampleWal.page(page), START.plus(8)));
        }
        return new PageTouch(SampleWal.page(index), PageEffect.CHANGE);
      }

      @Override
      public int size() {
        return 200;
      }
    };
    layer.put(START.plus(8), keysThatLook, ByteBuffer.allocate(4), 0);
    for (int page = 0; page < keysThatLook.size(); page++) {
      assertEquals(1, layer.get(SampleWal.page(page), START.plus(8)).size());
    }
  }

  /* Record i, ending at START + i + 1, holds i and touches pages i % 7 and 7 + i % 11: readers can check any prefix. */
  @Test
  void get_whileTheWriterPuts_seesEachPublishedRecordOnceAndWhole() throws Exception {
    int count = 300_000;
    OpenLayer layer = new OpenLayer(START);
    AtomicInteger done = new AtomicInteger();
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      List<Future<?>> ends = new ArrayList<>();
      ends.add(threads.submit(() -> {
        for (int i = 0; i < count; i++) {
          ByteBuffer bytes = ByteBuffer.allocate(24).putInt(0, i).putInt(20, i);
          layer.put(START.plus(i + 1), SampleWal.touches(List.of(SampleWal.page(i % 7), SampleWal.page(7 + i % 11))), bytes, 0);
          done.setRelease(i + 1);
        }
      }));
      for (int reader = 0; reader < 2; reader++) {
        int first = reader == 0 ? 3 : 5;
        int page = reader == 0 ? 3 : 7 + 5;
        int modulus = reader == 0 ? 7 : 11;
        ends.add(threads.submit(() -> {
          do {
            checkPrefix(layer, page, modulus, first, done.getAcquire());
          } while (done.getAcquire() < count);
          return null;
        }));
      }
      for (Future<?> end : ends) {
        end.get(50, TimeUnit.SECONDS);
      }
    }
    assertEquals(count, SampleWal.readAll(layer).size());
  }

  private static void checkPrefix(OpenLayer layer, int page, int modulus, int first, int atLeast)
      throws IOException {
    List<LayerRecord> found = layer.get(SampleWal.page(page), START.plus(Integer.MAX_VALUE));
    int next = first;
    for (LayerRecord each : found) {
      assertEquals(START.plus(next + 1), each.endLsn());
      assertEquals(next, each.bytes().getInt(0));
      assertEquals(next, each.bytes().getInt(20));
      next += modulus;
    }
    assertTrue(next >= atLeast, () -> "a published record is missing: " + atLeast);
  }
}
