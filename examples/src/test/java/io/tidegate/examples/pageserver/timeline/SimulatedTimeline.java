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
import io.tidegate.examples.pageserver.storage.LayerStore;
import io.tidegate.examples.pageserver.storage.MemoryDisk;
import io.tidegate.examples.pageserver.storage.PageSearch;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import io.tidegate.examples.pageserver.wal.WalDecoder;
import io.tidegate.examples.pageserver.wal.WalRecord;
import io.tidegate.examples.pageserver.walreceiver.SelectionRules;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;

/** The life of a timeline through several processes, on one disk and with one source. For one run of a simulation. */
final class SimulatedTimeline {
  private static final Path FOLDER = Path.of("/timeline");
  private static final int PAGES = 5;
  private static final ByteBuffer LOG = SampleRecords.imageLog(80, PAGES);
  private static final Lsn START = SampleRecords.LOG_START;
  private static final List<WalRecord> RECORDS = decoded();
  private static final Lsn END = RECORDS.getLast().end();
  private static final int PARTS = 4;
  /** Sources are asked rarely: the stream tells as well. */
  private static final SelectionRules RULES =
      new SelectionRules(Duration.ofSeconds(10), Duration.ofSeconds(100), 1L << 30);
  private static final TenantSettings COMPACTED = TenantSettings.DEFAULTS.withCompaction(500, Duration.ZERO, 2, 2);
  private static final TimelineMetadata METADATA =
      TimelineMetadata.of(TenantId.parse("1".repeat(32)), TimelineId.parse("2".repeat(32)), START).withSource(1, 1, "slot");

  private final UnaryOperator<Disk> program;
  private final FakeSource source = new FakeSource("primary:5432", START, LOG);
  private MemoryDisk disk = new MemoryDisk();
  private int written;
  private boolean created;
  private long compactions;
  private long collections;
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

  /** {@return how many compactions were done} */
  long compactions() {
    return compactions;
  }

  /** {@return how many garbage collections were done} */
  long collections() {
    return collections;
  }

  /** One process: opens the timeline, receives for some time, compacts, and closes it in either way. The disk may fail. */
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
    TenantSettings settings = COMPACTED.withCheckpoint(
        1_000 + plan.nextInt(2_000), Duration.ofMillis(500 + plan.nextInt(3_000)), 1 + plan.nextInt(2));
    Scope tenant = Scope.root("tenant");
    Timeline timeline = Timeline.open(tenant, store, () -> settings, TimelineServices.create(), Optional.empty());
    timeline.receiveFrom(source, RULES);
    for (int i = 0; i < PARTS && !disk.isDown(); i++) {
      written = Math.min(written + LOG.limit() / PARTS + 1, LOG.limit());
      source.write(written);
      CancellationToken.none().sleep(Duration.ofMillis(plan.nextInt(2_000)));
      maintain(timeline, plan);
    }
    if (inOrder && !disk.isDown()) {
      CancellationToken.none().sleep(Duration.ofSeconds(3)); // until the last part has come
      CloseReport report = timeline.scope().closeGracefully(Duration.ofSeconds(30));
      assertTrue(disk.failed() || report.isOrderly(), report::toString);
    }
    tenant.close();
    compactions += timeline.maintenance().compactions();
    collections += timeline.maintenance().collections();
    tell(timeline.diskConsistentLsn());
    source.reports().stream().map(Feedback::flushLsn).forEach(this::tell);
  }

  /** Where the disk fails in it, the timeline goes on, or the process dies with the next step. */
  private void maintain(Timeline timeline, Random plan) throws Exception {
    boolean collects = plan.nextBoolean();
    GcPolicy policy = new GcPolicy(plan.nextInt(3_000), Duration.ZERO, Set::of);
    try {
      timeline.compactIfDue();
      if (collects) {
        timeline.collectGarbage(policy);
      }
    } catch (MemoryDisk.Crash failed) {
      assertTrue(disk.failed());
    }
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

  /** Opens a copy: what was told is there, and each page is, from the cutoff on, as the log has it. */
  private void check() throws IOException {
    try (LayerStore store = LayerStore.open(FOLDER, disk.afterKill())) {
      Lsn durable = store.diskConsistentLsn();
      assertFalse(durable.isBefore(told), () -> "told " + told + ", and there is " + durable);
      for (LayerFile layer : store.layers()) {
        layer.verify();
      }
      for (int number = 0; number < RECORDS.size(); number++) {
        Lsn end = RECORDS.get(number).end();
        if (!end.isBefore(store.gcCutoff()) && !durable.isBefore(end)) {
          checkPages(store, number);
        }
      }
    } catch (NoSuchFileException neverCreated) {
      assertFalse(created, "a timeline that was created is there");
    }
  }

  /** Right after a record, each page is as the last record has left it that touches it. */
  private static void checkPages(LayerStore store, int number) throws IOException {
    for (int last = Math.max(0, number - PAGES + 1); last <= number; last++) {
      PageSearch search = new PageSearch(SampleRecords.page(last % PAGES), RECORDS.get(number).end());
      store.each(search::in);
      ByteBuffer page = Objects.requireNonNull(search.page());
      assertEquals(last, page.duplicate().order(ByteOrder.LITTLE_ENDIAN).getInt(SampleRecords.NUMBER_AT));
    }
  }

  private static List<WalRecord> decoded() {
    List<WalRecord> records = new ArrayList<>();
    WalDecoder decoder = new WalDecoder(START);
    decoder.feed(START, LOG.duplicate());
    for (WalRecord record = decoder.next(); record != null; record = decoder.next()) {
      records.add(record);
    }
    return List.copyOf(records);
  }
}
