// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import com.fasterxml.jackson.databind.JsonNode;
import io.tidegate.examples.pageserver.LogLines;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The endpoints, their answers and status codes; one server for all tests, each of which has a tenant of its own. */
@Timeout(300)
class ManagementApiTest {
  private static final String NOBODY = "/v1/tenant/" + "0".repeat(32);

  @TempDir
  static Path folder;

  private static TestApi api;
  private static LogLines log;

  @BeforeAll
  static void start() throws Exception {
    log = new LogLines();
    api = new TestApi(folder);
  }

  @AfterAll
  static void close() {
    api.close();
    assertEquals(List.of(), log.lines(Level.ERROR));
    log.close();
  }

  private static String newTenant() throws Exception {
    return "/v1/tenant/" + api.expect(201, "POST", "/v1/tenant", "{}").json().asText();
  }

  private static String newTimeline(String tenant) throws Exception {
    return tenant + "/timeline/"
        + api.expect(201, "POST", tenant + "/timeline", "{}").json().path("timeline_id").asText();
  }

  /** {@return the last part of a path} */
  private static String id(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  @Test
  void status_tellsTheProcess() throws Exception {
    assertEquals(ProcessHandle.current().pid(), api.expect(200, "GET", "/v1/status", "").json().path("id").asLong());
  }

  @Test
  void tenant_createdWithIdAndConfig_isListedAndShowsIt() throws Exception {
    String id = "f".repeat(32);
    String body = "{\"new_tenant_id\":\"" + id + "\",\"gc_period\":\"30s\",\"gc_horizon\":1024}";
    assertEquals(id, api.expect(201, "POST", "/v1/tenant", body).json().asText());
    assertTrue(StreamSupport.stream(api.get("/v1/tenant").json().spliterator(), false)
        .anyMatch(each -> each.path("id").asText().equals(id)));
    assertEquals("Active", api.expect(200, "GET", "/v1/tenant/" + id, "").state());
    JsonNode config = api.expect(200, "GET", "/v1/tenant/" + id + "/config", "").json();
    assertEquals("{\"gc_horizon\":\"1024\",\"gc_period\":\"30s\"}", config.path("tenant_specific_overrides").toString());
    assertEquals("30s", config.path("effective_config").path("gc_period").asText());

    api.expect(409, "POST", "/v1/tenant", body);
    api.expect(409, "POST", "/v1/tenant/" + id + "/attach", "");
    String changed = "{\"tenant_id\":\"" + id + "\",\"gc_period\":\"1m\"}";
    JsonNode after = api.expect(200, "PUT", "/v1/tenant/config", changed).json();
    assertEquals("{\"gc_period\":\"1m\"}", after.path("tenant_specific_overrides").toString());
  }

  @Test
  void tenant_detached_isGoneUntilItIsAttached() throws Exception {
    String tenant = newTenant();
    String timeline = newTimeline(tenant);
    api.expect(200, "POST", tenant + "/detach", "");
    api.expect(404, "GET", tenant, "");
    api.expect(404, "GET", timeline, "");
    api.expect(404, "POST", tenant + "/detach", "");
    api.expect(409, "POST", "/v1/tenant", "{\"new_tenant_id\":\"" + id(tenant) + "\"}");
    api.expect(202, "POST", tenant + "/attach", "");
    api.awaitActive(tenant);
    api.expect(200, "GET", timeline, "");
    api.expect(200, "DELETE", tenant, "");
    api.expect(404, "GET", tenant, "");
  }

  @Test
  void timeline_branchedOff_keepsItsAncestorAlive() throws Exception {
    String tenant = newTenant();
    String ancestor = newTimeline(tenant);
    String ancestorId = id(ancestor);
    String body = "{\"ancestor_timeline_id\":\"" + ancestorId + "\",\"pg_version\":15}";
    JsonNode branch = api.expect(201, "POST", tenant + "/timeline", body).json();
    assertEquals(ancestorId, branch.path("ancestor_timeline_id").asText());
    assertEquals("0/1000000", branch.path("ancestor_lsn").asText());
    assertEquals("Active", branch.path("state").path("slug").asText());
    assertEquals(2, api.expect(200, "GET", tenant + "/timeline", "").json().size());

    api.expect(412, "DELETE", ancestor, "");
    api.expect(200, "DELETE", tenant + "/timeline/" + branch.path("timeline_id").asText(), "");
    api.expect(200, "DELETE", ancestor, "");
    api.expect(404, "DELETE", ancestor, "");
  }

  @Test
  void timeline_branchedOffWhereThereIsNoLog_isRefused() throws Exception {
    String tenant = newTenant();
    String ancestor = newTimeline(tenant);
    String id = id(ancestor);
    api.expect(406, "POST", tenant + "/timeline",
        "{\"ancestor_timeline_id\":\"" + id + "\",\"ancestor_start_lsn\":\"F/0\"}");
    api.expect(404, "POST", tenant + "/timeline", "{\"ancestor_timeline_id\":\"" + "1".repeat(32) + "\"}");
    api.expect(409, "POST", tenant + "/timeline", "{\"new_timeline_id\":\"" + id + "\"}");
  }

  @Test
  void walReceiver_ofATimelineWithoutSource_isNotFound() throws Exception {
    api.expect(404, "GET", newTimeline(newTenant()) + "/wal_receiver", "");
  }

  @Test
  void unknownTenant_isNotFoundEverywhere() {
    String timeline = NOBODY + "/timeline/" + "0".repeat(32);
    for (String path : List.of(NOBODY, NOBODY + "/config", NOBODY + "/timeline", timeline, timeline + "/wal_receiver")) {
      api.expect(404, "GET", path, "");
    }
    for (String path : List.of(NOBODY + "/detach", NOBODY + "/timeline")) {
      api.expect(404, "POST", path, "");
    }
    api.expect(404, "DELETE", NOBODY, "");
    api.expect(404, "DELETE", timeline, "");
    api.expect(404, "PUT", "/v1/tenant/config", "{\"tenant_id\":\"" + "0".repeat(32) + "\"}");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
      GET  | /v1/tenant/xyz                | -                             | field tenant_id: a tenant id is 32 hex
      POST | /v1/tenant/xyz/detach         | -                             | field tenant_id: a tenant id is 32 hex
      POST | /v1/tenant                    | {"new_tenant_id":"xyz"}       | field new_tenant_id: a tenant id is 32 hex
      POST | /v1/tenant                    | {"new_tenant_id":             | the body is no JSON
      POST | /v1/tenant                    | {} {}                         | field (none): Trailing token
      POST | /v1/tenant                    | []                            | field (none)
      POST | /v1/tenant                    | {"gc_period":"1s","gc_period":"2s"} | Duplicate
      POST | /v1/tenant                    | {"gc_period":"soon"}          | gc_period is a duration
      POST | /v1/tenant                    | {"gc_period":{}}              | field gc_period is a text or a number
      POST | /v1/tenant                    | {"gc_perod":"1s"}             | there is no setting "gc_perod"
      PUT  | /v1/tenant/config             | {"gc_period":"1s"}            | field tenant_id is missing
      PUT  | /v1/tenant/config             | -                             | the request has no body
      POST | TENANT/detach?flush_ms=-1     | -                             | field flush_ms: not negative
      POST | TENANT/timeline               | {"ancestor_start_lsn":"0/1"}  | field ancestor_start_lsn: there is no
      POST | TENANT/timeline               | {"start_lsn":"zero"}          | field start_lsn
      POST | TENANT/timeline               | {"pg_version":"x"}            | field pg_version
      POST | TENANT/timeline               | {"new_timelin_id":"x"}        | field new_timelin_id: Unrecognized
      POST | TENANT/timeline               | "x"                           | field (none)
      GET  | TENANT/timeline/xyz           | -                             | field timeline_id: a timeline id is 32 hex
      GET  | /v1/tasks?format=xml          | -                             | field format: json or text
      """)
  void badInput_isAnsweredWith400AndNamesTheField(String method, String path, String body, String message)
      throws Exception {
    String tenant = path.startsWith("TENANT") ? newTenant() : "";
    TestApi.Answer answer = api.expect(400, method, path.replace("TENANT", tenant), body.equals("-") ? "" : body);
    assertTrue(answer.message().contains(message), answer::body);
  }

  @Test
  void tasks_asJson_isTheTreeWithWhoAsksInIt() throws Exception {
    String tenant = newTenant();
    newTimeline(tenant);
    JsonNode root = api.expect(200, "GET", "/v1/tasks", "").json();
    assertEquals("server", root.path("path").asText());
    JsonNode request = find(root, "path", "server/management/http").path("tasks").path(1);
    assertEquals("MANAGEMENT_REQUEST", request.path("kind").asText());
    assertEquals("GET /v1/tasks", request.path("name").asText());
    assertEquals("RUNNING", request.path("state").asText());
    assertTrue(request.path("id").asLong() > 0 && request.has("age_millis"), request::toString);
    JsonNode flush = find(root, "kind", "LAYER_FLUSH");
    assertFalse(flush.path("waits_on").asText().isEmpty(), flush::toString);
    assertTrue(flush.path("frames").size() > 0, flush::toString);
    String id = id(tenant);
    assertEquals(id, find(root, "name", "tenant-" + id.substring(0, 8)).path("attributes").path("tenant_id").asText());
  }

  /** {@return the first object anywhere below that has the value} */
  private static JsonNode find(JsonNode root, String field, String value) {
    return root.findParents(field).stream()
        .filter(each -> each.path(field).asText().equals(value))
        .findFirst()
        .orElseThrow(() -> new AssertionError(field + " " + value + " is not in " + root.toPrettyString()));
  }

  @Test
  void tasks_asText_isTheTree() {
    String tree = api.expect(200, "GET", "/v1/tasks?format=text", "").body();
    assertTrue(tree.startsWith("server  open\n"), tree);
    assertTrue(tree.contains("- GET /v1/tasks [MANAGEMENT_REQUEST], inside for "), tree);
  }

  @Test
  void metrics_ofATimeline_goWithIt() throws Exception {
    String tenant = newTenant();
    String timeline = newTimeline(tenant);
    String tenantId = id(tenant);
    String timelineId = id(timeline);
    String labels = "{tenant_id=\"" + tenantId + "\",timeline_id=\"" + timelineId + "\"}";
    String before = api.expect(200, "GET", "/metrics", "").body();
    assertTrue(before.contains("\npageserver_last_record_lsn" + labels + " 1.6777216E7\n"), before);
    for (String name : List.of("disk_consistent_lsn", "remote_consistent_lsn", "layers_on_disk", "layers_in_memory")) {
      assertTrue(before.contains("\npageserver_" + name + labels + " "), before);
    }
    assertTrue(before.contains("\npageserver_open_layer_bytes 0.0\n"), before);
    assertTrue(before.contains("\npool_cpu_seconds_total{pool=\"mgmt\"} "), before);
    assertTrue(before.contains("\npageserver_tasks{kind=\"MANAGEMENT_REQUEST\"} "), before);
    assertTrue(before.contains("\nhttp_requests_total{code=\"201\"} "), before);

    api.expect(200, "DELETE", timeline, "");
    String without = api.expect(200, "GET", "/metrics", "").body();
    assertFalse(without.contains(timelineId), without);
    assertTrue(without.contains(tenantId), without);
    api.expect(200, "POST", tenant + "/detach", "");
    String after = api.expect(200, "GET", "/metrics", "").body();
    assertFalse(after.contains(tenantId), after);
  }

  @Test
  void curl_getsTheTree() throws Exception {
    String output = TestApi.output(api.curl("GET", "/v1/tasks?format=text", "-i", "--http1.1"));
    assertTrue(output.startsWith("HTTP/1.1 200 OK\r\n") && output.contains("\r\n\r\nserver  open\n"), output);
  }
}
