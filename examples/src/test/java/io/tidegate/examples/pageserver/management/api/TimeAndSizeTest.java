// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import static io.tidegate.examples.pageserver.management.api.TestApi.TENANT;
import static io.tidegate.examples.pageserver.management.api.TestApi.TIMELINE;
import static io.tidegate.examples.pageserver.management.api.TestApi.TIMELINE_ID;
import static io.tidegate.examples.pageserver.wal.SampleRecords.TABLE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import com.fasterxml.jackson.databind.JsonNode;
import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.LogLines;
import io.tidegate.examples.pageserver.config.TenantConfig.Setting;
import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.Lsn;
import io.tidegate.examples.pageserver.wal.RelTag;
import io.tidegate.examples.pageserver.wal.SampleLog;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import io.tidegate.examples.pageserver.wal.WalRecord;
import io.tidegate.testing.Fault;
import io.tidegate.testing.Faults;
import io.tidegate.testing.LeakCheck;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Positions by time, sizes, and the maintenance that can be asked for, of a timeline with a log. */
@ExtendWith(LeakCheck.class)
@Timeout(300)
class TimeAndSizeTest {
  private static final Instant NOON = Instant.parse("2026-01-31T12:00:00Z");
  private static final RelTag OLD_TABLE = new RelTag(1663, 5, 1259, RelTag.MAIN);

  @TempDir
  Path folder;

  private final LogLines log = new LogLines();
  private final SampleLog wal = new SampleLog();
  private TestApi api;
  private Timeline timeline;

  @BeforeEach
  void start() throws Exception {
    api = new TestApi(folder);
    timeline = api.createTimeline(TenantConfig.EMPTY.with(Setting.PITR_INTERVAL, "0s"));
  }

  @AfterEach
  void close() {
    api.close();
    assertEquals(List.of(), log.lines(Level.ERROR));
    log.close();
  }

  /** Ingests what was appended, and answers where each record ends. */
  private List<Lsn> ingest() throws Exception {
    List<WalRecord> records = wal.records();
    SampleRecords.ingest(timeline, records);
    return records.stream().map(WalRecord::end).toList();
  }

  private JsonNode detail(String query) throws Exception {
    return api.expect(200, "GET", TIMELINE + query, "").json();
  }

  private void assertAt(Instant time, String kind, Lsn lsn) throws Exception {
    JsonNode found = api.expect(200, "GET", TIMELINE + "/get_lsn_by_timestamp?timestamp=" + time, "").json();
    assertEquals(kind + " " + lsn, found.path("kind").asText() + " " + found.path("lsn").asText());
  }

  // ---- time

  @Test
  void lsnByTimestamp_ofALogWithoutCommits_isNodata() throws Exception {
    wal.touch(TABLE, 0);
    ingest();
    assertAt(NOON, "nodata", SampleRecords.START);
  }

  @Test
  void lsnByTimestamp_isTheSameInMemoryOnDiskCompactedAndForABranch() throws Exception {
    List<Lsn> ends = appendCommits();
    assertTimes(ends);
    api.flush();
    assertTimes(ends);
    JsonNode done = api.expect(200, "PUT", TIMELINE + "/compact", "").json();
    assertEquals(1, done.path("layers_compacted").asInt(), done::toString);
    assertTimes(ends);

    Lsn beforeTheSecond = ends.get(2);
    wal.commit(NOON.plusSeconds(60));
    Lsn last = ingest().getLast();
    assertAt(NOON.plusSeconds(30), "present", ends.get(5));
    assertAt(NOON.plusSeconds(60), "future", last);

    JsonNode branch = api.expect(201, "POST", TENANT + "/timeline",
        "{\"ancestor_timeline_id\":\"" + TIMELINE_ID + "\",\"ancestor_start_lsn\":\"" + beforeTheSecond + "\"}").json();
    String query = TENANT + "/timeline/" + branch.path("timeline_id").asText() + "/get_lsn_by_timestamp?timestamp=" + NOON;
    assertEquals("future", api.expect(200, "GET", query, "").json().path("kind").asText());
  }

  /** Commits at 12:00:00, :10, :05 and :20, and something between. */
  private List<Lsn> appendCommits() throws Exception {
    wal.touch(TABLE, 0).commit(NOON).touch(TABLE, 1)
        .commit(NOON.plusSeconds(10)).commit(NOON.plusSeconds(5)).commit(NOON.plusSeconds(20)).touch(TABLE, 2);
    return ingest();
  }

  private void assertTimes(List<Lsn> ends) throws Exception {
    assertAt(NOON.minusSeconds(1), "past", SampleRecords.START);
    assertAt(NOON, "present", ends.get(1));
    assertAt(NOON.plusSeconds(7), "present", ends.get(1)); // the next one in the log is of 12:00:10
    assertAt(NOON.plusSeconds(10), "present", ends.get(4));
    assertAt(NOON.plusSeconds(19), "present", ends.get(4));
    assertAt(NOON.plusSeconds(20), "future", ends.getLast());
  }

  @Test
  void lsnByTimestamp_beforeTheCutoff_isPast() throws Exception {
    List<Lsn> ends = appendCommits();
    api.expect(200, "PUT", TIMELINE + "/checkpoint", "");
    api.expect(200, "PUT", TIMELINE + "/do_gc", "{\"gc_horizon\":0}");
    Lsn cutoff = ends.getLast();
    assertEquals(cutoff.toString(), detail("").path("latest_gc_cutoff_lsn").asText());
    assertAt(NOON, "past", cutoff);
    wal.commit(NOON.plusSeconds(60));
    Lsn last = ingest().getLast();
    assertAt(NOON.plusSeconds(30), "present", cutoff);
    assertAt(NOON.plusSeconds(60), "future", last);
  }

  @Test
  void lsnByTimestamp_malformed_isRefused() throws Exception {
    String path = TIMELINE + "/get_lsn_by_timestamp";
    assertTrue(api.expect(400, "GET", path, "").message().contains("field timestamp is missing"));
    assertTrue(api.expect(400, "GET", path + "?timestamp=noon", "").message().contains("field timestamp: a time is like"));
    api.expect(405, "PUT", path + "?timestamp=" + NOON, "");
  }

  @Test
  void lsnByTimestamp_whoseClientHangsUp_endsWithoutError() throws Exception {
    appendCommits();
    try (Fault held = Faults.at("timeline.commit-search").pause()) {
      Process curl = api.curl("GET", TIMELINE + "/get_lsn_by_timestamp?timestamp=" + NOON);
      held.awaitReached();
      curl.destroyForcibly();
      Await.until("the handler has ended", () -> api.running(Kind.MANAGEMENT_REQUEST) == 0);
      assertEquals(0, api.running(Kind.LAYER_READ), "the search ends before");
    }
    assertTrue(log.contains("request was dropped before completing"));
  }

  // ---- size

  @Test
  void sizes_ofATimeline_areThoseOfItsRelationsAndFiles() throws Exception {
    wal.create(TABLE).touch(TABLE, 0).touch(TABLE, 6);
    ingest();
    JsonNode before = detail("");
    assertEquals(0, before.path("current_physical_size").asLong(-1));
    assertTrue(before.has("prev_record_lsn"), before::toString);
    Await.until("the logical size is known", () -> detail("").has("current_logical_size"));
    assertEquals(7 * 8192, detail("").path("current_logical_size").asLong());
    assertTrue(detail("").path("current_logical_size_is_accurate").asBoolean());

    wal.touch(OLD_TABLE, 1);
    ingest();
    assertFalse(detail("").path("current_logical_size_is_accurate").asBoolean(), "of the last record it is not");
    JsonNode now = detail("?include-non-incremental-logical-size=true");
    assertEquals(9 * 8192, now.path("current_logical_size_non_incremental").asLong(), now::toString);
    assertFalse(now.path("current_logical_size_is_accurate").asBoolean(), "a relation was there before");

    api.flush();
    long file = detail("").path("current_physical_size").asLong();
    assertEquals(timeline.layers().getFirst().bytes(), file);
    assertEquals(file, api.expect(200, "GET", TENANT, "").json().path("current_physical_size").asLong());
  }

  @Test
  void size_ofATenant_followsFromItsTimelines() throws Exception {
    wal.create(TABLE).touch(TABLE, 0).commit(NOON);
    Lsn end = ingest().getLast();
    String branch = api.expect(201, "POST", TENANT + "/timeline", "{\"ancestor_timeline_id\":\"" + TIMELINE_ID + "\"}")
        .json().path("timeline_id").asText();
    JsonNode size = api.expect(200, "GET", TENANT + "/size", "").json();
    long log = end.minus(SampleRecords.START);
    assertEquals(8192 + log, size.path("size").asLong(), size::toString);
    assertEquals(0, size.path("physical_size").asLong(-1));
    JsonNode root = size.path("inputs").path(TIMELINE_ID.compareTo(branch) < 0 ? 0 : 1);
    JsonNode child = size.path("inputs").path(TIMELINE_ID.compareTo(branch) < 0 ? 1 : 0);
    assertEquals(8192, root.path("logical_size").asLong(), root::toString);
    assertEquals(log, root.path("retained_wal").asLong(), root::toString);
    assertEquals(TIMELINE_ID, child.path("ancestor_timeline_id").asText(), child::toString);
    assertEquals(8192, child.path("logical_size").asLong(), child::toString);
    assertEquals(0, child.path("retained_wal").asLong(-1), child::toString);
  }

  @Test
  void size_askedByTwoClientsOfWhichOneHangsUp_isWorkedOutOnce() throws Exception {
    wal.create(TABLE).touch(TABLE, 0);
    ingest();
    try (Fault held = Faults.at("timeline.logical-size.before").pause()) {
      Process leaves = api.curl("GET", TENANT + "/size");
      held.awaitReached();
      Process stays = api.curl("GET", TENANT + "/size");
      Await.until("both are there", () -> api.running(Kind.MANAGEMENT_REQUEST) == 2);
      leaves.destroyForcibly();
      Await.until("one has gone", () -> api.running(Kind.MANAGEMENT_REQUEST) == 1);
      assertEquals(1, held.passes());
      held.resume();
      String answer = TestApi.output(stays);
      assertTrue(answer.contains("\"logical_size\":8192"), answer);
      assertEquals(1, held.passes());
    }
  }

  @Test
  void size_whileTheTimelineCloses_isUnavailable() throws Exception {
    wal.create(TABLE).touch(TABLE, 0);
    ingest();
    try (Fault held = Faults.at("timeline.logical-size.before").pause()) {
      Process asking = api.curl("GET", TENANT + "/size");
      held.awaitReached();
      timeline.scope().close();
      String answer = TestApi.output(asking);
      assertTrue(answer.startsWith("{\"msg\":"), answer);
    }
  }

  // ---- maintenance

  @Test
  void maintenance_byCurl_answersWithWhatWasDone() throws Exception {
    appendCommits();
    String checkpoint = TestApi.output(api.curl("PUT", TIMELINE + "/checkpoint"));
    assertTrue(checkpoint.contains("\"disk_consistent_lsn\":\"" + timeline.lastRecordLsn() + "\""), checkpoint);
    assertTrue(checkpoint.contains("\"layers_compacted\":1"), checkpoint);
    assertTrue(TestApi.output(api.curl("PUT", TIMELINE + "/compact")).contains("\"layers_compacted\":0"));
    assertTrue(TestApi.output(api.curl("PUT", TIMELINE + "/do_gc")).contains("\"layers_total\":1"));
  }

  @Test
  void maintenance_malformed_isRefused() throws Exception {
    assertTrue(api.expect(400, "PUT", TIMELINE + "/do_gc", "{\"gc_horizon\":-1}").message().contains("field gc_horizon"));
    assertTrue(api.expect(400, "PUT", TIMELINE + "/do_gc", "{\"gc_horizn\":1}").message().contains("field gc_horizn"));
    assertTrue(api.expect(400, "PUT", TIMELINE + "/checkpoint?compact=1", "").message().contains("field compact"));
    for (String each : List.of("do_gc", "compact", "checkpoint")) {
      api.expect(405, "POST", TIMELINE + "/" + each, "");
      api.expect(404, "PUT", TENANT + "/timeline/" + "c".repeat(32) + "/" + each, "");
    }
  }

  @Test
  void compaction_whoseClientHangsUp_comesToItsEnd() throws Exception {
    appendCommits();
    api.flush();
    try (Fault held = Faults.at("file.before-sync").pause()) {
      Process curl = api.curl("PUT", TIMELINE + "/compact");
      held.awaitReached();
      curl.destroyForcibly();
      Await.until("the handler has ended", () -> api.running(Kind.MANAGEMENT_REQUEST) == 0);
    }
    Await.until("it is compacted", () -> timeline.layers().getFirst().kind().equals("L1"));
  }
}
