// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class LayerFileTest {
  private static final Lsn START = new Lsn(0x16_B374_D848L);
  private static final Path FOLDER = Path.of("/timeline");

  @Test
  void get_ofWrittenLayer_agreesWithThePlainModel() throws Exception {
    for (int seed = 0; seed < 30; seed++) {
      // From no index entry at all to several leaves, with pages that fill more than one.
      SampleWal wal = new SampleWal(seed, START, 1 + seed * 3, 100);
      MemoryDisk disk = new MemoryDisk();
      FrozenLayer frozen = wal.layer(1 + seed * seed);
      Path file = LayerFileWriter.write(disk, frozen.content(), FOLDER);
      try (LayerFile layer = LayerFile.open(disk, file)) {
        wal.check(layer);
        layer.verify();
        assertEquals(frozen.startLsn(), layer.startLsn());
        assertEquals(frozen.endLsn(), layer.endLsn());
        assertEquals(disk.content(file).length, layer.fileBytes());
      }
      assertEquals(List.of(file), disk.list(FOLDER));
    }
  }

  @Test
  void write_layerWithoutRecords_canBeRead() throws Exception {
    MemoryDisk disk = new MemoryDisk();
    Path file = LayerFileWriter.write(disk, new OpenLayer(START).freeze(START.plus(64)).content(), FOLDER);
    assertEquals("00000016B374D848-00000016B374D888.l0", file.getFileName().toString());
    try (LayerFile layer = LayerFile.open(disk, file)) {
      layer.verify();
      assertEquals(0, layer.recordCount());
      assertEquals(List.of(), layer.get(SampleWal.page(1), layer.endLsn()));
    }
  }

  @Test
  void read_anyByteChanged_isCorruptOrTheSame() throws Exception {
    SampleWal wal = new SampleWal(3, START, 10, 12);
    byte[] sound = bytesOf(wal.layer(250));
    Random random = new Random(3);
    int noticed = 0;
    for (int at = 0; at < sound.length; at++) {
      byte[] damaged = sound.clone();
      damaged[at] ^= (byte) (1 + random.nextInt(255));
      noticed += readsSameOrCorrupt(wal, damaged, "byte " + at) ? 0 : 1;
    }
    assertEquals(sound.length, noticed, "every byte is under a checksum");
  }

  @Test
  void read_anyRunOfGarbage_isCorrupt() throws Exception {
    SampleWal wal = new SampleWal(4, START, 10, 40);
    byte[] sound = bytesOf(wal.layer(200));
    Random random = new Random(4);
    for (int i = 0; i < 2000; i++) {
      byte[] damaged = sound.clone();
      byte[] garbage = new byte[1 + random.nextInt(600)];
      random.nextBytes(garbage);
      int at = random.nextInt(sound.length);
      System.arraycopy(garbage, 0, damaged, at, Math.min(garbage.length, sound.length - at));
      boolean same = readsSameOrCorrupt(wal, damaged, garbage.length + " bytes at " + at);
      assertEquals(Arrays.equals(sound, damaged), same);
    }
  }

  @Test
  void open_anyOtherLength_isCorrupt() throws Exception {
    byte[] sound = bytesOf(new SampleWal(5, START, 10, 12).layer(150));
    for (int length = 0; length <= sound.length + 100; length++) {
      if (length != sound.length) {
        MemoryDisk disk = new MemoryDisk();
        Path file = FOLDER.resolve("x");
        disk.put(file, Arrays.copyOf(sound, length));
        assertThrows(CorruptLayerException.class, () -> LayerFile.open(disk, file).close());
      }
    }
  }

  /* Damage that fits its checksum cannot come from a disk; even then no count leads to an index error or big array. */
  @Test
  void open_headerOfExtremeNumbersWithGoodChecksum_isCorrupt() throws Exception {
    byte[] sound = bytesOf(new SampleWal(6, START, 10, 12).layer(150));
    long[] extremes = {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 31, 1L << 32, 0, 1, 1L << 56, Long.MAX_VALUE / 37};
    for (int field = 16; field <= 48; field += 8) {
      for (long extreme : extremes) {
        ByteBuffer damaged = ByteBuffer.wrap(sound.clone()).putLong(field, extreme);
        damaged.putInt(LayerHeader.BYTES - 4, Checksums.of(damaged, LayerHeader.BYTES - 4));
        MemoryDisk disk = new MemoryDisk();
        Path file = FOLDER.resolve("x");
        disk.put(file, damaged.array());
        assertThrows(CorruptLayerException.class, () -> LayerFile.open(disk, file).close(), field + ": " + extreme);
      }
    }
  }

  @Test
  void get_damagedRecord_namesFileOffsetAndBothChecksums() throws Exception {
    MemoryDisk disk = new MemoryDisk();
    Path file = LayerFileWriter.write(disk, SampleWal.layer(START, List.of(
        new SampleWal.Rec(START.plus(8), List.of(SampleWal.page(0)), ByteBuffer.allocate(50))), START.plus(8)).content(), FOLDER);
    byte[] damaged = disk.content(file);
    damaged[LayerHeader.BYTES + RecordLog.HEADER_BYTES + 20] ^= 1;
    disk.put(file, damaged);
    try (LayerFile layer = LayerFile.open(disk, file)) {
      CorruptLayerException corrupt =
          assertThrows(CorruptLayerException.class, () -> layer.get(SampleWal.page(0), START.plus(8)));
      assertEquals(file, corrupt.file());
      assertEquals(LayerHeader.BYTES, corrupt.offset());
      String message = String.valueOf(corrupt.getMessage());
      assertTrue(message.contains("expected a record with checksum") && message.contains(", found "), message);
    }
  }

  @Test
  void read_bigLayer_takesLittleOfItAtOnce(@TempDir Path folder) throws Exception {
    OpenLayer open = new OpenLayer(START);
    int count = 0;
    byte[] bytes = new byte[12_000];
    Random random = new Random(10);
    while (open.byteCount() < 80L << 20) {
      random.nextBytes(bytes);
      int length = count == 100 ? bytes.length : random.nextInt(1000);
      open.put(START.plus(++count), SampleWal.touches(List.of(SampleWal.page(count % 5000))), ByteBuffer.wrap(bytes, 0, length), 0);
    }
    FrozenLayer frozen = open.freeze(START.plus(count));
    CountingDisk disk = new CountingDisk();
    Path file = LayerFileWriter.write(disk, frozen.content(), folder);
    try (LayerFile layer = LayerFile.open(disk, file)) {
      assertTrue(disk.total.get() < 100_000, () -> "to open: " + disk.total);
      disk.total.set(0);
      PageKey page = SampleWal.page(4711);
      List<LayerRecord> found = layer.get(page, frozen.endLsn());
      assertEquals(frozen.get(page, frozen.endLsn()), found);
      long records = found.stream().mapToLong(each -> each.bytes().remaining() + RecordLog.HEADER_BYTES).sum();
      assertTrue(disk.total.get() <= records + 3L * LayerHeader.LEAF_BYTES, () -> "to look up: " + disk.total);
      layer.verify();
    }
    assertTrue(disk.largest.get() <= 1 << 18, () -> "at once: " + disk.largest);
  }

  @Test
  void read_recordLargerThanTheWindow_isWhole(@TempDir Path folder) throws Exception {
    SampleWal wal = new SampleWal(11, START, 3, 3 << 20);
    Path file = LayerFileWriter.write(Disk.real(), wal.layer(12).content(), folder);
    try (LayerFile layer = LayerFile.open(Disk.real(), file)) {
      wal.check(layer);
      layer.verify();
    }
  }

  private static byte[] bytesOf(FrozenLayer layer) throws IOException {
    MemoryDisk disk = new MemoryDisk();
    return disk.content(LayerFileWriter.write(disk, layer.content(), FOLDER));
  }

  /** {@return true for the same data, false for a corrupt file; anything else fails} */
  private static boolean readsSameOrCorrupt(SampleWal wal, byte[] content, String what) {
    MemoryDisk disk = new MemoryDisk();
    Path file = FOLDER.resolve("x");
    disk.put(file, content);
    try (LayerFile layer = LayerFile.open(disk, file)) {
      for (int page = 0; page < 3; page++) {
        try {
          assertEquals(wal.expected(SampleWal.page(page), wal.end()), layer.get(SampleWal.page(page), wal.end()));
        } catch (CorruptLayerException expected) {
          assertThrows(CorruptLayerException.class, layer::verify, what);
          return false;
        }
      }
      layer.verify();
      assertEquals(wal.expected(wal.end()), SampleWal.readAll(layer));
      return true;
    } catch (CorruptLayerException expected) {
      return false;
    } catch (IOException | RuntimeException other) {
      return fail(what, other);
    }
  }

  /** The real disk, with a count of what is read. */
  private static final class CountingDisk extends ForwardingDisk {
    final AtomicLong total = new AtomicLong();
    final AtomicLong largest = new AtomicLong();

    CountingDisk() {
      super(Disk.real());
    }

    @Override
    public Input open(Path file) throws IOException {
      Input in = super.open(file);
      return new Input() {
        @Override
        public long size() throws IOException {
          return in.size();
        }

        @Override
        public void read(ByteBuffer target, long position) throws IOException {
          total.addAndGet(target.remaining());
          largest.accumulateAndGet(target.remaining(), Math::max);
          in.read(target, position);
        }

        @Override
        public void close() throws IOException {
          in.close();
        }
      };
    }
  }
}
