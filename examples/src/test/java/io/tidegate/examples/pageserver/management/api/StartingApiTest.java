// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import static io.tidegate.examples.pageserver.management.api.TestApi.TENANT;
import static io.tidegate.examples.pageserver.management.api.TestApi.TIMELINE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.examples.pageserver.tenant.State;
import io.tidegate.testing.Fault;
import io.tidegate.testing.Faults;
import io.tidegate.testing.LeakCheck;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What the API says while the server comes up, and of tenants that it is not to bring up. */
@ExtendWith(LeakCheck.class)
@Timeout(300)
class StartingApiTest {
  @TempDir
  Path folder;

  private void createTenantWithTimeline() throws Exception {
    try (TestApi api = new TestApi(folder)) {
      api.createTimeline();
    }
  }

  @Test
  void beforeTheTenantsAreLoaded_nothingIsSaidToBeMissing() throws Exception {
    createTenantWithTimeline();
    try (TestApi api = new TestApi(folder, false)) {
      assertEquals("starting", api.expect(200, "GET", "/v1/status", "").json().path("state").asText());
      assertTrue(api.expect(200, "GET", "/", "").body().contains("starting"));
      for (String path : List.of("/v1/tenant", TENANT, TENANT + "/timeline", TIMELINE, TIMELINE + "/wal_receiver")) {
        TestApi.Answer answer = api.expect(503, "GET", path, "");
        assertTrue(answer.message().contains("the server is starting"), answer::body);
      }
      api.expect(503, "POST", "/v1/tenant", "{}");
      api.expect(503, "DELETE", TENANT, "");
      api.tenants.load();
      api.awaitActive(TENANT);
      api.expect(200, "GET", TIMELINE, "");
      assertEquals("running", api.get("/v1/status").json().path("state").asText());
    }
  }

  @Test
  void whileATenantIsBroughtUp_itsTimelinesAreUnavailableAndNotMissing() throws Exception {
    createTenantWithTimeline();
    try (Fault held = Faults.at("tenant.activate.before").pause();
        TestApi api = new TestApi(folder)) {
      held.awaitReached();
      assertEquals("Attaching", api.expect(200, "GET", TENANT, "").state());
      assertTrue(api.expect(503, "GET", TENANT + "/timeline", "").message().contains("attaching"));
      api.expect(503, "GET", TENANT + "/timeline/" + "c".repeat(32), "");
      held.resume();
      api.awaitActive(TENANT);
      assertEquals(1, api.expect(200, "GET", TENANT + "/timeline", "").json().size());
      api.expect(404, "GET", TENANT + "/timeline/" + "c".repeat(32), "");
    }
  }

  @Test
  void tenant_ignored_staysAwayOverARestartUntilItIsLoaded() throws Exception {
    createTenantWithTimeline();
    try (TestApi api = new TestApi(folder)) {
      api.awaitActive(TENANT);
      api.expect(409, "POST", TENANT + "/load", "");
      api.expect(200, "POST", TENANT + "/ignore", "");
      api.expect(404, "GET", TENANT, "");
      api.expect(404, "POST", TENANT + "/ignore", "");
    }
    try (TestApi api = new TestApi(folder)) {
      api.expect(404, "GET", TIMELINE, "");
      assertTrue(api.expect(409, "POST", TENANT + "/attach", "").message().contains("load it"));
      api.expect(202, "POST", TENANT + "/load", "");
      api.awaitActive(TENANT);
      api.expect(200, "GET", TIMELINE, "");
      api.expect(409, "POST", TENANT + "/load", "");
      api.expect(404, "POST", "/v1/tenant/" + "c".repeat(32) + "/load", "");
    }
    try (TestApi api = new TestApi(folder)) {
      api.awaitActive(TENANT);
    }
  }

  @Test
  void tenant_ignored_canBeDeleted() throws Exception {
    createTenantWithTimeline();
    try (TestApi api = new TestApi(folder)) {
      api.awaitActive(TENANT);
      api.expect(200, "POST", TENANT + "/ignore?flush_ms=0", "");
      api.expect(200, "DELETE", TENANT, "");
      api.expect(404, "POST", TENANT + "/load", "");
      api.expect(404, "DELETE", TENANT, "");
    }
  }

  @Test
  void ignore_whoseMarkCannotBeWritten_changesNothing() throws Exception {
    createTenantWithTimeline();
    try (TestApi api = new TestApi(folder)) {
      api.awaitActive(TENANT);
      try (Fault failing = Faults.at("tenant.ignore.before-mark").fail()) {
        api.expect(500, "POST", TENANT + "/ignore", "");
        assertEquals(1, failing.strikes());
      }
      assertEquals(State.Phase.ACTIVE, api.tenants.list().getFirst().state().phase());
      api.expect(200, "GET", TIMELINE, "");
    }
  }
}
