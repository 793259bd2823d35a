// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import static io.tidegate.examples.pageserver.management.api.TestApi.TENANT;
import static io.tidegate.examples.pageserver.management.api.TestApi.TENANT_ID;
import static io.tidegate.examples.pageserver.management.api.TestApi.TIMELINE;
import static io.tidegate.examples.pageserver.management.api.TestApi.TIMELINE_ID;
import static io.tidegate.examples.pageserver.wal.SampleRecords.TABLE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.remote.RemoteStore;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.SampleLog;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import io.tidegate.testing.Fault;
import io.tidegate.testing.Faults;
import io.tidegate.testing.LeakCheck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Layers that are lost here and fetched again. */
@ExtendWith(LeakCheck.class)
@Timeout(300)
class DownloadRoutesTest {
  private static final String DOWNLOAD = TIMELINE + "/download_remote_layers";
  private static final String TWO_AT_ONCE = "{\"max_concurrent_downloads\":2}";

  @TempDir
  Path folder;

  private TestApi api;
  private Timeline timeline;

  @BeforeEach
  void start() throws Exception {
    api = new TestApi(folder);
    timeline = api.createTimeline();
    SampleLog wal = new SampleLog();
    for (int block = 0; block < 3; block++) {
      SampleRecords.ingest(timeline, wal.touch(TABLE, block).records());
      api.flush();
    }
    Await.until("all is uploaded", () -> timeline.remoteConsistentLsn().equals(timeline.diskConsistentLsn()));
  }

  @AfterEach
  void close() {
    api.close();
  }

  private List<Path> layers() throws Exception {
    Path files = folder.resolve("tenants").resolve(TENANT_ID).resolve(TIMELINE_ID);
    try (Stream<Path> all = Files.list(files)) {
      return all.filter(each -> each.toString().endsWith(".l0")).sorted().toList();
    }
  }

  private JsonNode awaitEnd() throws Exception {
    Await.until("it has ended", () -> !api.get(DOWNLOAD).json().path("state").asText().equals("Running"));
    return api.expect(200, "GET", DOWNLOAD, "").json();
  }

  private static String counts(JsonNode job) {
    return job.path("state").asText() + " " + job.path("total_layer_count") + " "
        + job.path("successful_download_count") + " " + job.path("failed_download_count");
  }

  @Test
  void download_ofLostLayers_bringsThemBack() throws Exception {
    api.expect(404, "GET", DOWNLOAD, "");
    List<Path> before = layers();
    byte[] content = Files.readAllBytes(before.getFirst());
    for (Path each : before) {
      Files.delete(each);
    }
    JsonNode job = api.expect(202, "POST", DOWNLOAD, TWO_AT_ONCE).json();
    assertTrue(job.path("task_id").asLong() > 0, job::toString);
    assertEquals("Completed 3 3 0", counts(awaitEnd()));
    assertEquals(before, layers());
    assertArrayEquals(content, Files.readAllBytes(before.getFirst()));
    assertEquals(3 * 8192, timeline.logicalSize().await().bytes());
    api.expect(202, "POST", DOWNLOAD, TWO_AT_ONCE);
    assertEquals("Completed 0 0 0", counts(awaitEnd()));
  }

  @Test
  void download_whileOneRuns_isAConflictWithThatOne() throws Exception {
    Files.delete(layers().getFirst());
    try (Fault held = Faults.at(RemoteStore.DOWNLOAD).pause()) {
      JsonNode first = api.expect(202, "POST", DOWNLOAD, TWO_AT_ONCE).json();
      held.awaitReached();
      JsonNode running = api.expect(409, "POST", DOWNLOAD, TWO_AT_ONCE).json();
      assertEquals(first.path("task_id"), running.path("task_id"));
      assertEquals("Running 1 0 0", counts(running));
    }
    assertEquals("Completed 1 1 0", counts(awaitEnd()));
  }

  @Test
  void download_thatTheStoreFails_isCounted() throws Exception {
    Files.delete(layers().getFirst());
    try (Fault failing = Faults.at(RemoteStore.DOWNLOAD).fail()) {
      api.expect(202, "POST", DOWNLOAD, TWO_AT_ONCE);
      assertEquals("Completed 1 0 1", counts(awaitEnd()));
      assertEquals(1, failing.strikes());
    }
    assertEquals(2, layers().size());
  }

  @Test
  void download_whileTheStoreHangs_endsWithTheTimeline() throws Exception {
    Files.delete(layers().getFirst());
    try (Fault held = Faults.at(RemoteStore.DOWNLOAD).pause()) {
      api.expect(202, "POST", DOWNLOAD, TWO_AT_ONCE);
      held.awaitReached();
      timeline.scope().close();
    }
    assertEquals("ShutDown 1 0 0", counts(awaitEnd()));
  }

  @Test
  void download_malformed_isRefused() throws Exception {
    for (String body : List.of("{}", "{\"max_concurrent_downloads\":0}", "{\"max_concurrent_downloads\":101}")) {
      assertTrue(api.expect(400, "POST", DOWNLOAD, body).message().startsWith("field max_concurrent_downloads"));
    }
    api.expect(400, "POST", DOWNLOAD, "");
    api.expect(405, "PUT", DOWNLOAD, TWO_AT_ONCE);
    api.expect(404, "POST", TENANT + "/timeline/" + "c".repeat(32) + "/download_remote_layers", TWO_AT_ONCE);
  }
}
