// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import static io.tidegate.examples.pageserver.pageservice.RawClient.message;
import static io.tidegate.examples.pageserver.pageservice.RawClient.query;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.LogLines;
import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.pageservice.RawClient.Answer;
import io.tidegate.examples.pageserver.remote.FolderStore;
import io.tidegate.examples.pageserver.source.FakeSource;
import io.tidegate.examples.pageserver.storage.Disk;
import io.tidegate.examples.pageserver.storage.TimelineMetadata;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.tenant.Services;
import io.tidegate.examples.pageserver.tenant.Tenant;
import io.tidegate.examples.pageserver.tenant.Tenants;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.timeline.TimelineServices;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.PageLog;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import io.tidegate.examples.pageserver.wal.WalRecord;
import io.tidegate.examples.pageserver.walreceiver.SelectionRules;
import io.tidegate.examples.pageserver.walreceiver.WalReceiver;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What page clients are answered of timelines that are stored: in memory, in files, by branches, from the cache. */
@Timeout(300)
class StoredPagesTest {
  private static final TenantId TENANT = new TenantId(1, 2);
  private static final TimelineId MAIN = new TimelineId(3, 4);
  private static final TimelineId BRANCH = new TimelineId(5, 6);
  private static final long LATEST = -1;
  private static final Lsn FAR = SampleRecords.START.plus(1 << 30);

  @TempDir
  Path folder;

  private final Scope server = Scope.root("server");
  private final TimelineServices shared = TimelineServices.create();
  private final CancellationToken token = CancellationToken.none();
  private LogLines log;
  private Tenants tenants;
  private Tenant tenant;
  private Timeline main;

  @BeforeEach
  void start() throws Exception {
    log = new LogLines();
    tenants = new Tenants(server, new Services(
        folder.resolve("here"), Disk.real(), new FolderStore(folder.resolve("remote"), Disk.real()), TenantConfig.EMPTY,
        shared));
    tenants.load();
    tenant = tenants.create(TENANT, TenantConfig.EMPTY);
    main = tenant.createTimeline(TimelineMetadata.of(TENANT, MAIN, SampleRecords.START));
  }

  @AfterEach
  void close() {
    server.close();
    log.close();
  }

  private RawClient stream(TimelineId timeline, Duration waitLsn) throws Exception {
    PageService pages = PageService.start(server, tenants, ServiceUnderTest.PATIENT.withWaitLsn(waitLsn));
    RawClient client = RawClient.start(pages.address());
    client.send(query("pagestream_v2 " + TENANT + " " + timeline));
    client.read('W');
    return client;
  }

  private RawClient stream(TimelineId timeline) throws Exception {
    return stream(timeline, Duration.ofHours(1));
  }

  private static byte[] getPage(int block, long at, Lsn since) {
    return message('d', ByteBuffer.allocate(34).put((byte) 2).putLong(at).putLong(since.value())
        .putInt(PageLog.key(block).tablespace()).putInt(PageLog.key(block).database())
        .putInt(PageLog.key(block).relation()).put((byte) 0).putInt(block).array());
  }

  private static Answer ask(RawClient client, int block, Lsn at) throws Exception {
    client.send(getPage(block, at.value(), at));
    return client.read('d');
  }

  private static Answer askLatest(RawClient client, int block, Lsn since) throws Exception {
    client.send(getPage(block, LATEST, since));
    return client.read('d');
  }

  /** The answer is a page as it was logged, stamped with the end of that record. */
  private static void checkPage(int filler, WalRecord logged, Answer answer) {
    assertEquals(102, answer.body()[0], answer::text);
    ByteBuffer page = ByteBuffer.wrap(answer.body()).slice(1, 8192).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(PageLog.body(PageLog.page(filler)), PageLog.body(page));
    assertEquals(logged.end(), new Lsn((long) page.getInt(0) << 32 | (page.getInt(4) & 0xFFFF_FFFFL)));
  }

  private static void checkError(String text, Answer answer) {
    String said = new String(answer.body(), StandardCharsets.UTF_8);
    assertEquals(103, answer.body()[0], said);
    assertTrue(said.contains(text), said);
  }

  private static boolean isWaitedFor(Timeline timeline) {
    return timeline.scope().gate().holders().stream().anyMatch(each -> each.name().contains("page client"));
  }

  @Test
  void wait_forAnLsnThatDoesNotCome_tellsWhatThereIs_andTheStreamGoesOn() throws Exception {
    List<WalRecord> records = new PageLog().image(0, 1).records();
    SampleRecords.ingest(main, records);
    try (RawClient client = stream(MAIN, Duration.ofMillis(1))) {
      Answer late = askLatest(client, 0, FAR);
      checkError("the log has not come to " + FAR, late);
      checkError("the last record ends at " + records.getLast().end(), late);
      checkError("the timeline has no source", late);
      checkPage(1, records.getFirst(), askLatest(client, 0, records.getFirst().end()));
    }
  }

  @Test
  void wait_forAnLsnThatDoesNotCome_namesTheSourcesThatAnswer() throws Exception {
    FakeSource source = new FakeSource("primary:1", SampleRecords.LOG_START, SampleRecords.log(5, 100));
    Timeline receiving = tenant.createTimeline(
        TimelineMetadata.of(TENANT, BRANCH, SampleRecords.LOG_START).withSource(1, 1, "slot"));
    receiving.receiveFrom(source, new SelectionRules(Duration.ofMinutes(1), Duration.ofSeconds(2), 1 << 30));
    WalReceiver receiver = receiving.walReceiver().orElseThrow();
    Await.until("the source is known", () -> receiver.isConnected() && !receiver.status().value().candidates().isEmpty());
    try (RawClient client = stream(BRANCH, Duration.ofMillis(1))) {
      checkError("primary:1", askLatest(client, 0, FAR));
      source.setDown(true);
      Await.until("it is no candidate any more",
          () -> receiver.status().value().candidates().isEmpty() && !receiver.isConnected());
      Answer alone = askLatest(client, 0, FAR);
      checkError("has not come to", alone);
      assertFalse(new String(alone.body(), StandardCharsets.UTF_8).contains("primary:1"));
    }
  }

  @Test
  void wait_endsWithTheRecord() throws Exception {
    List<WalRecord> records = new PageLog().image(0, 1).image(0, 2).records();
    SampleRecords.ingest(main, records.subList(0, 1));
    try (RawClient client = stream(MAIN)) {
      client.send(getPage(0, LATEST, records.get(1).end()));
      Await.until("the request waits", () -> isWaitedFor(main));
      SampleRecords.ingest(main, records.subList(1, 2));
      checkPage(2, records.get(1), client.read('d'));
    }
  }

  @Test
  void wait_whileTheTimelineCloses_endsAsAShutdown() throws Exception {
    try (RawClient client = stream(MAIN)) {
      client.send(getPage(0, LATEST, FAR));
      Await.until("the request waits", () -> isWaitedFor(main));
      assertTrue(main.scope().closeGracefully(Duration.ofMinutes(2)).isOrderly());
      client.readEnd("57P01");
    }
    assertEquals(List.of(), log.lines(Level.ERROR));
  }

  @Test
  void page_thatWouldHaveToBeReplayed_isAnErrorThatSaysSo() throws Exception {
    List<WalRecord> records = new PageLog().image(0, 1).change(0).change(1).image(1, 2).records();
    SampleRecords.ingest(main, records);
    try (RawClient client = stream(MAIN)) {
      for (boolean inFiles : new boolean[] {false, true}) {
        Answer refused = ask(client, 0, records.get(1).end());
        checkError("has its last image at " + records.getFirst().end(), refused);
        checkError("the record that ends at " + records.get(1).end() + " would have to be replayed", refused);
        checkError("has no image", ask(client, 1, records.get(2).end()));
        checkError("nothing of it is known", ask(client, 2, records.get(3).end()));
        checkPage(1, records.get(0), ask(client, 0, records.get(0).end()));
        checkPage(2, records.get(3), ask(client, 1, records.get(3).end()));
        if (!inFiles) {
          main.freezeAndFlush(token);
        }
      }
    }
  }

  /** It has of its ancestor what that had at the branch point, and nothing later. */
  @Test
  void branch_readsThroughItsAncestor() throws Exception {
    List<WalRecord> before = new PageLog().image(0, 1).image(1, 2).image(2, 3).records();
    List<WalRecord> onMain = new PageLog().image(0, 1).image(1, 2).image(2, 3).image(0, 11).image(3, 14).records();
    List<WalRecord> onBranch = new PageLog().image(0, 1).image(1, 2).image(2, 3).image(1, 22).change(2).records();
    SampleRecords.ingest(main, before);
    Lsn point = before.getLast().end();
    Timeline branch = tenant.branchTimeline(BRANCH, MAIN, Optional.of(point));
    SampleRecords.ingest(main, onMain.subList(3, 5));
    SampleRecords.ingest(branch, onBranch.subList(3, 5));
    Lsn end = onBranch.getLast().end();
    try (RawClient ofBranch = stream(BRANCH); RawClient ofMain = stream(MAIN)) {
      for (boolean inFiles : new boolean[] {false, true}) {
        checkPage(1, before.get(0), ask(ofBranch, 0, end));
        checkPage(22, onBranch.get(3), ask(ofBranch, 1, end));
        checkError("would have to be replayed", ask(ofBranch, 2, end));
        checkPage(3, before.get(2), ask(ofBranch, 2, point));
        checkError("nothing of it is known", ask(ofBranch, 3, end));
        checkPage(11, onMain.get(3), askLatest(ofMain, 0, onMain.getLast().end()));
        checkPage(2, before.get(1), askLatest(ofMain, 1, onMain.getLast().end()));
        if (!inFiles) {
          main.freezeAndFlush(token);
          branch.freezeAndFlush(token);
        }
      }
    }
  }

  /** The second read needs no file: there is no task that could read one any more. */
  @Test
  void cache_answersWithoutFiles_andGivesNoPageThatIsOutOfDate() throws Exception {
    List<WalRecord> records = new PageLog().image(0, 1).image(0, 2).image(1, 3).image(0, 4).records();
    SampleRecords.ingest(main, records.subList(0, 3));
    main.freezeAndFlush(token);
    try (RawClient client = stream(MAIN)) {
      checkPage(2, records.get(1), askLatest(client, 0, records.get(1).end()));
      checkPage(1, records.get(0), ask(client, 0, records.get(0).end()));
      checkPage(2, records.get(1), ask(client, 0, records.get(2).end()));
      SampleRecords.ingest(main, records.subList(3, 4));
      checkPage(4, records.get(3), askLatest(client, 0, records.get(3).end()));
      checkPage(2, records.get(1), ask(client, 0, records.get(2).end()));
      main.scope().retire(Kind.LAYER_READ);
      checkPage(2, records.get(1), ask(client, 0, records.get(1).end()));
      assertEquals(1, shared.pages().size());
      main.scope().close();
      assertEquals(0, shared.pages().size());
    }
  }
}
