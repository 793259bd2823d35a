// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.timeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.CancellationToken;
import io.tidegate.CloseReport;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.source.FakeSource;
import io.tidegate.examples.pageserver.source.Feedback;
import io.tidegate.examples.pageserver.storage.Disk;
import io.tidegate.examples.pageserver.storage.LayerFile;
import io.tidegate.examples.pageserver.storage.LayerRecord;
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.storage.MemoryDisk;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import io.tidegate.examples.pageserver.wal.WalDecoder;
import io.tidegate.examples.pageserver.wal.WalRecord;
import io.tidegate.examples.pageserver.walreceiver.SelectionRules;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;

/** The life of a timeline through several processes, on one disk and with one source. For one run of a simulation. */
final class SimulatedTimeline {
  private static final Path FOLDER = Path.of("/timeline");
  private static final ByteBuffer LOG = SampleRecords.log(40, 100);
  private static final Lsn START = SampleRecords.LOG_START;
  private static final List<LayerRecord> RECORDS = decoded();
  private static final Lsn END = RECORDS.getLast().endLsn();
  private static final int PARTS = 4;
  /** Sources are asked rarely: the stream tells as well. */
  private static final SelectionRules RULES =
      new SelectionRules(Duration.ofSeconds(10), Duration.ofSeconds(100), 1L << 30);
  /** Without compaction and garbage collection: all records stay, in their order. */
  private static final TenantSettings QUIET = TenantSettings.DEFAULTS
      .withCompaction(1, Duration.ZERO, 1, 1)
      .withGc(0, Duration.ZERO, Duration.ZERO);
  private static final TimelineMetadata METADATA =
      new TimelineMetadata(TenantId.parse("1".repeat(32)), TimelineId.parse("2".repeat(32)), 1, 1, "slot", START, START);

  private final UnaryOperator<Disk> program;
  private final FakeSource source = new FakeSource("primary:5432", START, LOG);
  private MemoryDisk disk = new MemoryDisk();
  private int written;
  private boolean created;
  /** Up to where the source was told, or a caller could see, that the log is durable. */
  private Lsn told = START;

  /**
   * Makes a timeline that is not created yet.
   *
   * @param program what the program makes of the disk
   */
  SimulatedTimeline(UnaryOperator<Disk> program) {
    this.program = program;
  }

  MemoryDisk disk() {
    return disk;
  }

  /** One process: opens the timeline, receives for some time, and closes it in either way. The disk may fail. */
  void live(Random plan) throws Exception {
    LayerStore store;
    try {
      store = openOrCreate();
    } catch (MemoryDisk.Crash failed) {
      return; // as a process that cannot open its files
    }
    live(store, plan, plan.nextBoolean());
  }

  /** One process on a disk that does not fail, which receives all and closes in order. */
  void liveToTheEnd(Random plan) throws Exception {
    live(openOrCreate(), plan, true);
    assertEquals(END, told);
    check();
  }

  /** The process dies, or the machine: what is left of the disk is sound, and has what was told. */
  void crash(Random plan) throws IOException {
    disk = plan.nextInt(3) == 0 ? disk.afterKill() : disk.afterPowerCut(plan);
    check();
  }

  private void live(LayerStore store, Random plan, boolean inOrder) throws Exception {
    TenantSettings settings = QUIET.withCheckpoint(
        1_000 + plan.nextInt(2_000), Duration.ofMillis(500 + plan.nextInt(3_000)), 1 + plan.nextInt(2));
    Scope tenant = Scope.root("tenant");
    Timeline timeline = Timeline.open(tenant, store, () -> settings, TimelineServices.create(), Optional.empty());
    timeline.receiveFrom(source, RULES);
    for (int i = 0; i < PARTS && !disk.isDown(); i++) {
      written = Math.min(written + LOG.limit() / PARTS + 1, LOG.limit());
      source.write(written);
      CancellationToken.none().sleep(Duration.ofMillis(plan.nextInt(2_000)));
    }
    if (inOrder && !disk.isDown()) {
      CancellationToken.none().sleep(Duration.ofSeconds(3)); // until the last part has come
      CloseReport report = timeline.scope().closeGracefully(Duration.ofSeconds(30));
      assertTrue(disk.failed() || report.isOrderly(), report::toString);
    }
    tenant.close();
    tell(timeline.diskConsistentLsn());
    source.reports().stream().map(Feedback::flushLsn).forEach(this::tell);
  }

  private void tell(Lsn durable) {
    told = told.isBefore(durable) ? durable : told;
  }

  private LayerStore openOrCreate() throws IOException {
    Disk seen = program.apply(disk);
    LayerStore store;
    try {
      store = LayerStore.open(FOLDER, seen);
    } catch (NoSuchFileException neverCreated) {
      assertFalse(created, "a timeline that was created is there");
      store = LayerStore.create(FOLDER, METADATA, seen);
    }
    created = true;
    return store;
  }

  /** Opens a copy: what was told is there, and what is there is the log. */
  private void check() throws IOException {
    try (LayerStore store = LayerStore.open(FOLDER, disk.afterKill())) {
      Lsn durable = store.diskConsistentLsn();
      assertFalse(durable.isBefore(told), () -> "told " + told + ", and there is " + durable);
      List<LayerRecord> found = new ArrayList<>();
      for (LayerFile layer : store.layers()) {
        layer.forEach((end, bytes) -> found.add(copy(end, bytes)));
      }
      assertEquals(RECORDS.stream().filter(each -> !durable.isBefore(each.endLsn())).toList(), found);
    } catch (NoSuchFileException neverCreated) {
      assertFalse(created, "a timeline that was created is there");
    }
  }

  private static List<LayerRecord> decoded() {
    List<LayerRecord> records = new ArrayList<>();
    WalDecoder decoder = new WalDecoder(START);
    decoder.feed(START, LOG.duplicate());
    for (WalRecord record = decoder.next(); record != null; record = decoder.next()) {
      records.add(copy(record.end(), record.bytes()));
    }
    return List.copyOf(records);
  }

  private static LayerRecord copy(Lsn end, ByteBuffer bytes) {
    return new LayerRecord(end, ByteBuffer.allocate(bytes.remaining()).put(bytes).flip());
  }
}
