// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidegate.CloseReport;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.management.http.HttpServer;
import io.tidegate.examples.pageserver.pageservice.PageTraffic;
import io.tidegate.examples.pageserver.remote.FolderStore;
import io.tidegate.examples.pageserver.remote.RemoteStore;
import io.tidegate.examples.pageserver.storage.Disk;
import io.tidegate.examples.pageserver.task.Kind;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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

    /** {@return the state of the tenant or timeline that was asked for} */
    String state() throws IOException {
      return json().path("state").path("slug").asText();
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

  /** Starts a curl, which the test may end. */
  Process curl(String method, String path, String... options) throws IOException {
    List<String> command = new ArrayList<>(List.of("curl", "-sS", "-X", method));
    command.addAll(List.of(options));
    command.add(url(path));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  /** {@return all that a curl has got, which must have ended well} */
  static String output(Process curl) throws IOException, InterruptedException {
    String output = new String(curl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, curl.waitFor(), output);
    return output;
  }

  /** {@return how many tasks of a kind the server has now} */
  long running(Kind kind) {
    return root.tasks().stream().map(Task::kind).filter(kind::equals).count();
  }

  /** Waits until a tenant that is coming can be asked. */
  void awaitActive(String tenant) throws Exception {
    Await.until("it is active", () -> get(tenant).state().equals("Active"));
  }

  /** Has what the timeline has in memory written to a layer file, which stays as it is. */
  void flush() {
    expect(200, "PUT", TIMELINE + "/checkpoint?compact=false", "");
  }

  /** Creates a tenant, that sets nothing, and a timeline of it. */
  Timeline createTimeline() throws Exception {
    return createTimeline(TenantConfig.EMPTY);
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
