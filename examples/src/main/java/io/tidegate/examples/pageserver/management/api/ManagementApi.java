// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import io.tidegate.CancellationToken;
import io.tidegate.Scope;
import io.tidegate.examples.pageserver.management.http.HttpException;
import io.tidegate.examples.pageserver.management.http.HttpLimits;
import io.tidegate.examples.pageserver.management.http.HttpServer;
import io.tidegate.examples.pageserver.management.http.HttpTraffic;
import io.tidegate.examples.pageserver.management.http.Request;
import io.tidegate.examples.pageserver.management.http.Response;
import io.tidegate.examples.pageserver.management.http.Router;
import io.tidegate.examples.pageserver.pageservice.PageTraffic;
import io.tidegate.examples.pageserver.tenant.RefusedException;
import io.tidegate.examples.pageserver.tenant.Tenants;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;

/** The management API as a whole: its routes, and the status of each refusal. */
public final class ManagementApi {
  /**
   * What is managed.
   *
   * @param server the root
   * @param tenants the tenants
   * @param pages what the page service has answered
   * @param testing whether faults may be armed
   */
  public record Subject(Scope server, Tenants tenants, PageTraffic pages, boolean testing) {
    /** {@return whether tenants are still being found, or no longer there, in a word} */
    String state() {
      if (server.isClosing()) {
        return "closing";
      }
      return tenants.isLoaded() ? "running" : "starting";
    }
  }

  /** How often all sizes are worked out. */
  private static final Duration SIZE_PERIOD = Duration.ofMinutes(10);

  private final Subject subject;
  private final HttpTraffic traffic = new HttpTraffic();
  private final Metrics metrics;
  private final Router router = new Router();

  private ManagementApi(Subject subject) {
    this.subject = subject;
    Tenants tenants = subject.tenants();
    this.metrics = new Metrics(subject, traffic);
    router
        .on("GET", "/v1/status", (request, token) -> status())
        .on("GET", "/v1/tasks", (request, token) -> tasks(request))
        .on("GET", "/metrics", (request, token) -> metrics.text());
    new StatusPage(subject).addTo(router);
    new FaultRoutes(subject.testing()).addTo(router);
    new TenantRoutes(tenants).addTo(router);
    new TimelineRoutes(tenants).addTo(router);
    new MaintenanceRoutes(tenants).addTo(router);
    new DownloadRoutes(tenants).addTo(router);
  }

  /**
   * Starts to serve the API. Before the tenants are loaded, what is asked of them is answered with 503.
   *
   * @param management the scope below which the HTTP server gets its own
   * @param address where to listen
   * @param subject what is managed
   * @return the HTTP server
   * @throws IOException if it cannot listen there
   */
  public static HttpServer start(Scope management, InetSocketAddress address, Subject subject) throws IOException {
    ManagementApi api = new ManagementApi(subject);
    new SizeUpdates(subject.tenants(), SIZE_PERIOD).start(management);
    return HttpServer.start(management, address, HttpLimits.DEFAULT, api.traffic, api::handle);
  }

  private Response handle(Request request, CancellationToken token) throws Exception {
    try {
      return router.handle(request, token);
    } catch (RefusedException refused) {
      String message = String.valueOf(refused.getMessage());
      throw switch (refused.why()) {
        case NOT_FOUND -> HttpException.notFound(message);
        case CONFLICT -> new HttpException(409, message);
        case PRECONDITION -> new HttpException(412, message);
        case INVALID -> new HttpException(406, message);
        case UNAVAILABLE -> HttpException.unavailable(message);
        case BROKEN -> new HttpException(500, message);
      };
    }
  }

  private Response status() {
    return Json.ok(Map.of("id", ProcessHandle.current().pid(), "state", subject.state()));
  }

  private Response tasks(Request request) {
    return switch (request.parameter("format").orElse("json")) {
      case "json" -> Json.ok(TaskTree.of(subject.server()));
      case "text" -> Response.text(200, "text/plain", subject.server().snapshot().toString());
      default -> throw HttpException.badRequest("field format: json or text");
    };
  }
}
