// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.testing.Fault;
import io.tidegate.testing.Faults;
import io.tidegate.testing.LeakCheck;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Faults that are armed from outside. */
@ExtendWith(LeakCheck.class)
@Timeout(300)
class FaultRoutesTest {
  private static final String CREATION = "{\"new_tenant_id\":\"" + TestApi.TENANT_ID + "\"}";

  @TempDir
  Path folder;

  @AfterEach
  void disarm() {
    List.copyOf(Faults.armed()).forEach(Fault::close);
  }

  private TestApi testing() throws Exception {
    TestApi api = new TestApi(folder, true);
    api.tenants.load();
    return api;
  }

  private static String body(String name, String actions) {
    return "[{\"name\":\"" + name + "\",\"actions\":\"" + actions + "\"}]";
  }

  @Test
  void fault_armedByCurl_strikesUntilItIsDisarmed() throws Exception {
    try (TestApi api = testing()) {
      assertTrue(curl(api, body("tenant.create.before", "fail(disk full)")).contains("tenant.create.before"));
      api.expect(500, "POST", "/v1/tenant", CREATION);
      assertEquals(1, Faults.armed().getFirst().strikes());
      assertEquals("[]200", curl(api, body("tenant.create.before", "off")));
      api.expect(201, "POST", "/v1/tenant", CREATION);
    }
  }

  private static String curl(TestApi api, String body) throws Exception {
    return TestApi.output(api.curl("PUT", "/v1/failpoints", "-d", body, "-w", "%{http_code}"));
  }

  @Test
  void fault_ofAServerThatIsNotForTests_isRefused() throws Exception {
    try (TestApi api = new TestApi(folder)) {
      TestApi.Answer refused = api.expect(400, "PUT", "/v1/failpoints", body("tenant.create.before", "fail"));
      assertTrue(refused.message().contains("--testing"), refused::body);
      assertEquals(List.of(), Faults.armed());
      api.expect(405, "POST", "/v1/failpoints", "[]");
    }
  }

  @Test
  void fault_thatIsWrong_isRefusedByTheNameOfItsField() throws Exception {
    try (TestApi api = testing()) {
      expectRefused(api, body("a=b", "fail"), "field [0].name: the name of a fault point");
      expectRefused(api, body("a", "explode"), "field [0].actions: fault \"a=explode\"");
      expectRefused(api, "[{\"name\":\"a\"}]", "field [0]: name and actions");
      expectRefused(api, "[null]", "field [0]: name and actions");
      expectRefused(api, "{\"name\":\"a\"}", "field (none)");
      expectRefused(api, "[{\"name\":\"a\",\"action\":\"off\"}]", "field [0]");
      assertEquals(List.of(), Faults.armed());
    }
  }

  private static void expectRefused(TestApi api, String body, String message) throws Exception {
    TestApi.Answer refused = api.expect(400, "PUT", "/v1/failpoints", body);
    assertTrue(refused.message().startsWith(message), refused::body);
  }
}
