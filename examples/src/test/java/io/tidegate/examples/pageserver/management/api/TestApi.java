// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidegate.CloseReport;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.management.http.HttpServer;
import io.tidegate.examples.pageserver.pageservice.PageTraffic;
import io.tidegate.examples.pageserver.remote.FolderStore;
import io.tidegate.examples.pageserver.remote.RemoteStore;
import io.tidegate.examples.pageserver.storage.Disk;
import io.tidegate.examples.pageserver.tenant.Services;
import io.tidegate.examples.pageserver.tenant.Tenants;
import io.tidegate.examples.pageserver.timeline.Timeline;
import io.tidegate.examples.pageserver.timeline.TimelineServices;
import io.tidegate.examples.pageserver.wal.SampleRecords;
import io.tidegate.testing.Fault;
import io.tidegate.testing.Faults;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The management API over tenants, without sources. */
final class TestApi implements AutoCloseable {
  static final String TENANT_ID = "a".repeat(32);
  static final String TIMELINE_ID = "b".repeat(32);
  static final String TENANT = "/v1/tenant/" + TENANT_ID;
  static final String TIMELINE = TENANT + "/timeline/" + TIMELINE_ID;
  private static final ObjectMapper JSON = new ObjectMapper();

  final Scope root = Scope.root("server");
  final Tenants tenants;
  final PageTraffic pages = new PageTraffic(() -> 0);
  final HttpServer http;
  private final Scope management;
  private final HttpClient client = HttpClient.newHttpClient();

  /** One answer. */
  record Answer(int status, String body) {
    JsonNode json() throws IOException {
      return JSON.readTree(body);
    }

    String message() throws IOException {
      return json().path("msg").asText();
    }
  }

  TestApi(Path folder) throws Exception {
    this(folder, false);
    tenants.load();
  }

  /** One that has not loaded its tenants yet. */
  TestApi(Path folder, boolean testing) throws Exception {
    RemoteStore remote = new FolderStore(folder.resolve("remote"), Disk.real());
    Path local = folder.resolve("tenants");
    TimelineServices shared = TimelineServices.create();
    tenants = new Tenants(root, new Services(local, Disk.real(), remote, TenantConfig.EMPTY, shared));
    management = root.child("management");
    InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    http = ManagementApi.start(management, anyPort, new ManagementApi.Subject(root, tenants, pages, testing));
    root.onDrain("close tenants", () -> tenants.scope().closeGracefully(Duration.ofMinutes(1)));
    root.onDrain("stop management", management::close);
  }

  String url(String path) {
    return "http://127.0.0.1:" + http.address().getPort() + path;
  }

  CompletableFuture<Answer> begin(String method, String path, String body) {
    HttpRequest request = HttpRequest.newBuilder(URI.create(url(path)))
        .method(method, HttpRequest.BodyPublishers.ofString(body))
        .build();
    return client.sendAsync(request, HttpResponse.BodyHandlers.ofString())
        .thenApply(response -> new Answer(response.statusCode(), response.body()));
  }

  Answer ask(String method, String path, String body) {
    return begin(method, path, body).join();
  }

  Answer get(String path) {
    return ask("GET", path, "");
  }

  /** Asks, and checks the status. */
  Answer expect(int status, String method, String path, String body) {
    Answer answer = ask(method, path, body);
    assertEquals(status, answer.status(), answer.body());
    return answer;
  }

  /** Creates a tenant, that sets something of its own, and a timeline of it. */
  Timeline createTimeline(TenantConfig own) throws Exception {
    expect(201, "POST", "/v1/tenant", "{\"new_tenant_id\":\"" + TENANT_ID + "\"}");
    tenants.find(TenantId.parse(TENANT_ID)).configure(own);
    expect(201, "POST", TENANT + "/timeline",
        "{\"new_timeline_id\":\"" + TIMELINE_ID + "\",\"start_lsn\":\"" + SampleRecords.START + "\"}");
    return tenants.find(TenantId.parse(TENANT_ID)).timeline(TimelineId.parse(TIMELINE_ID));
  }

  CloseReport closeInOrder() {
    return root.closeGracefully(Duration.ofMinutes(2));
  }

  @Override
  public void close() {
    List.copyOf(Faults.armed()).forEach(Fault::close);
    root.close();
    client.close();
  }
}
