// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import static io.tidegate.examples.pageserver.management.api.TestApi.TENANT_ID;
import static io.tidegate.examples.pageserver.management.api.TestApi.TIMELINE;
import static io.tidegate.examples.pageserver.management.api.TestApi.TIMELINE_ID;
import static io.tidegate.examples.pageserver.wal.SampleRecords.TABLE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.Scope;
import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.config.TenantConfig.Setting;
import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.wal.SampleLog;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import io.tidegate.testing.Fault;
import io.tidegate.testing.Faults;
import io.tidegate.testing.LeakCheck;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The numbers that an operator sees, of one timeline with a log. */
@ExtendWith(LeakCheck.class)
@Timeout(300)
class MetricsTest {
  private static final String LABELS = "tenant_id=\"" + TENANT_ID + "\",timeline_id=\"" + TIMELINE_ID + "\"";

  @TempDir
  Path folder;

  private final SampleLog wal = new SampleLog();
  private TestApi api;
  private Timeline timeline;

  @BeforeEach
  void start() throws Exception {
    api = new TestApi(folder);
    timeline = api.createTimeline(TenantConfig.EMPTY.with(Setting.PITR_INTERVAL, "0s"));
    wal.create(TABLE).touch(TABLE, 0).touch(TABLE, 1).commit(Instant.EPOCH.plusSeconds(2_000_000_000));
    SampleRecords.ingest(timeline, wal.records());
  }

  @AfterEach
  void close() {
    api.close();
  }

  /** {@return the value of a series, which is there once} */
  private double value(String series) {
    String metrics = api.expect(200, "GET", "/metrics", "").body();
    Matcher line = Pattern.compile("^" + Pattern.quote(series) + " (\\S+)$", Pattern.MULTILINE).matcher(metrics);
    assertTrue(line.find(), () -> series + " is not in\n" + metrics);
    double value = Double.parseDouble(line.group(1));
    assertFalse(line.find(), series);
    return value;
  }

  private double operations(String name, String operation) {
    return value("pageserver_" + name + "_total{operation=\"" + operation + "\"," + LABELS + "}");
  }

  @Test
  void layers_areCountedByWhatTheyAre() throws Exception {
    String open = "{kind=\"open\"," + LABELS + "}";
    assertEquals(1, value("pageserver_layers" + open));
    double bytes = value("pageserver_layer_bytes" + open);
    assertTrue(bytes > 0);
    assertEquals(bytes, value("pageserver_open_layer_bytes"));
    api.flush();
    assertEquals(0, value("pageserver_open_layer_bytes"));
    assertEquals(1, value("pageserver_layers{kind=\"l0\"," + LABELS + "}"));
    assertEquals((double) timeline.physicalSize(), value("pageserver_layer_bytes{kind=\"l0\"," + LABELS + "}"));
  }

  @Test
  void operations_areCountedWithWhatTheyTook() throws Exception {
    assertEquals(0, operations("operations", "flush"));
    api.expect(200, "PUT", TIMELINE + "/checkpoint", "");
    api.expect(200, "PUT", TIMELINE + "/do_gc", "{\"gc_horizon\":0}");
    for (String each : List.of("flush", "compaction", "gc")) {
      assertEquals(1, operations("operations", each), each);
      assertEquals(0, operations("operation_failures", each), each);
      assertTrue(operations("operation_seconds", each) > 0, each);
    }
    assertEquals((double) timeline.gcCutoff().value(), value("pageserver_gc_cutoff_lsn{" + LABELS + "}"));
  }

  @Test
  void flush_thatFails_isCountedAsAFailure() throws Exception {
    try (Fault failing = Faults.at("layer.before-write").once().fail()) {
      api.flush();
      assertEquals(1, failing.strikes());
    }
    assertEquals(1, operations("operations", "flush"));
    assertEquals(1, operations("operation_failures", "flush"));
  }

  @Test
  void uploads_thatWait_areCounted() throws Exception {
    try (Fault held = Faults.at("remote.upload.before").pause()) {
      api.flush();
      held.awaitReached();
      assertEquals(1, value("pageserver_remote_uploads_waiting{" + LABELS + "}"));
    }
    Await.until("it is uploaded", () -> value("pageserver_remote_uploads_waiting{" + LABELS + "}") == 0);
  }

  @Test
  void sizes_areWorkedOutFromTimeToTime() throws Exception {
    assertEquals(1, api.running(Kind.METRICS));
    assertFalse(api.get("/metrics").body().contains("pageserver_logical_size_bytes{"));
    try (Scope scope = api.root.child("sizes")) {
      new SizeUpdates(api.tenants, Duration.ofMillis(1)).start(scope);
      Await.until("the size is known", () -> timeline.logicalSize().known().isPresent());
    }
    assertEquals(2 * 8192, value("pageserver_logical_size_bytes{" + LABELS + "}"));
  }

  @Test
  void curl_getsAllOfTheServer_andNothingOfATimelineThatIsGone() throws Exception {
    String metrics = curl();
    for (String each : List.of("page_service_sessions ", "page_service_requests_total{request=\"getpage\"} ",
        "page_service_errors_total{request=\"exists\"} ", "page_service_seconds_total{request=\"dbsize\"} ",
        "pool_queued{pool=\"walreceiver\"} ", "pool_carriers{pool=\"io\"} ", "pageserver_tasks{kind=\"METRICS\"} 1")) {
      assertTrue(metrics.contains("\n" + each), () -> each + " is not in\n" + metrics);
    }
    api.expect(200, "DELETE", TIMELINE, "");
    assertFalse(curl().contains(TIMELINE_ID));
  }

  private String curl() throws Exception {
    return TestApi.output(api.curl("GET", "/metrics"));
  }
}
