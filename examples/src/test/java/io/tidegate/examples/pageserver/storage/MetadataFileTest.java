// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.wal.Lsn;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MetadataFileTest {
  private static final Path FOLDER = Path.of("/timeline");
  private static final Path FILE = FOLDER.resolve("metadata");
  static final TimelineMetadata SAMPLE = TimelineMetadata.of(new TenantId(1, 2), new TimelineId(3, -4), new Lsn(0x149_F5D0))
      .withSource(-5, 1, "tidegate_1");

  @Test
  void read_ofWritten_isTheSame() throws Exception {
    Random random = new Random(1);
    for (int i = 0; i < 100; i++) {
      Lsn start = new Lsn(random.nextLong() >>> 1);
      TimelineMetadata metadata = TimelineMetadata.of(TenantId.random(random), TimelineId.random(random), start)
          .withSource(random.nextLong(), 1 + random.nextInt(99), "s" + random.nextInt(99))
          .advancedTo(start.plus(random.nextInt(1 << 30)));
      assertEquals(metadata, writtenAndRead(metadata));
    }
  }

  @Test
  void read_ofABranch_isTheSame() throws Exception {
    TimelineMetadata branch = TimelineMetadata.branch(
        new TenantId(1, 2), new TimelineId(3, 4), new TimelineMetadata.BranchPoint(new TimelineId(5, 6), new Lsn(7)));
    assertEquals(branch, writtenAndRead(branch));
    assertEquals(new Lsn(7), branch.startLsn());
    assertFalse(branch.hasSource());
  }

  private static TimelineMetadata writtenAndRead(TimelineMetadata metadata) throws Exception {
    MemoryDisk disk = new MemoryDisk();
    MetadataFile.write(disk, FOLDER, metadata);
    return MetadataFile.read(disk, FOLDER);
  }

  @Test
  void write_isReadableText() {
    assertEquals("""
        tidegate timeline metadata, version 1
        tenant_id = 00000000000000010000000000000002
        timeline_id = 0000000000000003fffffffffffffffc
        system_identifier = 18446744073709551611
        postgres_timeline = 1
        slot_name = tidegate_1
        start_lsn = 0/149F5D0
        disk_consistent_lsn = 0/149F5D0
        branch_point = none
        compacted_lsn = 0/149F5D0
        gc_cutoff_lsn = 0/149F5D0
        crc32c = 8586dd8d
        """, new String(MetadataFile.encode(SAMPLE), StandardCharsets.US_ASCII));
  }

  @Test
  void read_anyBitChanged_isCorrupt() {
    byte[] sound = MetadataFile.encode(SAMPLE);
    for (int bit = 0; bit < sound.length * 8; bit++) {
      byte[] damaged = sound.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      assertCorrupt(damaged);
    }
  }

  @Test
  void read_anyOtherLength_isCorrupt() {
    byte[] sound = MetadataFile.encode(SAMPLE);
    for (int length = 0; length < sound.length; length++) {
      assertCorrupt(Arrays.copyOf(sound, length));
    }
    assertCorrupt(Arrays.copyOf(sound, sound.length + 1));
    assertCorrupt(Arrays.copyOf(sound, 1 << 20));
  }

  @Test
  void read_damaged_namesTheFileAndWhatToDo() {
    CorruptLayerException corrupt = assertCorrupt(new byte[3]);
    String message = String.valueOf(corrupt.getMessage());
    assertTrue(message.startsWith(FILE + " is damaged"), message);
    assertTrue(message.contains("Restore the file from a backup"), message);
  }

  @Test
  void create_withWhatPostgresRefuses_isRefused() {
    assertThrows(IllegalArgumentException.class, () -> named("Slot"));
    assertThrows(IllegalArgumentException.class, () -> named(""));
    assertThrows(IllegalArgumentException.class, () -> named("a\nb"));
    assertThrows(IllegalArgumentException.class, () -> SAMPLE.advancedTo(new Lsn(1)));
  }

  private static TimelineMetadata named(String slot) {
    return SAMPLE.withSource(1, 1, slot);
  }

  private static CorruptLayerException assertCorrupt(byte[] content) {
    MemoryDisk disk = new MemoryDisk();
    disk.put(FILE, content);
    return assertThrows(CorruptLayerException.class, () -> MetadataFile.read(disk, FOLDER));
  }
}
