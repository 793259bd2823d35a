// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.testing.Fault;
import io.tidegate.testing.Faults;
import io.tidegate.testing.LeakCheck;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The server while it starts. */
@ExtendWith(LeakCheck.class)
@Timeout(300)
class PageserverStartTest {
  private static final String LISTENS = "management API at ";
  /** Nobody listens there: the source is tried again and again. */
  private static final String NOBODY = "postgresql://nobody@127.0.0.1:1/db";

  @TempDir
  Path folder;

  @Test
  void managementApi_whileTenantsAreLoaded_saysThatTheServerIsStarting() throws Exception {
    try (LogLines log = new LogLines();
        HttpClient client = HttpClient.newHttpClient();
        Fault held = Faults.at("tenants.load.before").pause()) {
      CompletableFuture<TestServer> starting =
          CompletableFuture.supplyAsync(this::start, starter -> Thread.ofPlatform().start(starter));
      held.awaitReached();
      String url = log.matching(event -> event.getFormattedMessage().startsWith(LISTENS)).getFirst()
          .getFormattedMessage().substring(LISTENS.length());
      HttpResponse<String> status = get(client, url + "/v1/status");
      assertEquals(200, status.statusCode());
      assertTrue(status.body().contains("\"state\":\"starting\""), status::body);
      HttpResponse<String> tenants = get(client, url + "/v1/tenant");
      assertEquals(503, tenants.statusCode(), tenants::body);
      assertEquals("1", tenants.headers().firstValue("Retry-After").orElse(""));
      held.resume();
      try (TestServer server = starting.join()) {
        assertEquals("[]", get(client, url + "/v1/tenant").body());
        assertTrue(get(client, url + "/v1/status").body().contains("\"state\":\"running\""));
        assertEquals(0, server.timelines().size());
      }
    }
  }

  private TestServer start() {
    try {
      return TestServer.start(folder.resolve("data"), TenantConfig.EMPTY, NOBODY);
    } catch (Exception failed) {
      throw new CompletionException(failed);
    }
  }

  private static HttpResponse<String> get(HttpClient client, String url) throws Exception {
    return client.send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
  }
}
