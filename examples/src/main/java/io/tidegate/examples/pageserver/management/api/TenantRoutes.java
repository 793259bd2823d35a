// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidegate.examples.pageserver.config.TenantConfig;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.management.http.HttpException;
import io.tidegate.examples.pageserver.management.http.Request;
import io.tidegate.examples.pageserver.management.http.Response;
import io.tidegate.examples.pageserver.management.http.Router;
import io.tidegate.examples.pageserver.tenant.Tenant;
import io.tidegate.examples.pageserver.tenant.Tenants;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What can be asked of tenants and done with them. All that changes something is an operation of {@link Tenants}. */
final class TenantRoutes {
  private static final String ALL = "/v1/tenant";
  private static final String CONFIG = ALL + "/config";
  private static final String ONE = ALL + "/{tenant_id}";
  /** For how long a detach flushes and uploads by default. */
  private static final Duration FLUSH = Duration.ofSeconds(10);

  private final Tenants tenants;

  TenantRoutes(Tenants tenants) {
    this.tenants = tenants;
  }

  /** The names stand before the places: the first route that fits counts. */
  void addTo(Router router) {
    router
        .on("GET", ALL, (request, token) -> list())
        .on("POST", ALL, (request, token) -> create(request))
        .on("PUT", CONFIG, (request, token) -> configure(request))
        .on("GET", ONE, (request, token) -> info(Inputs.tenant(request)))
        .on("DELETE", ONE, (request, token) -> delete(Inputs.tenant(request)))
        .on("GET", ONE + "/config", (request, token) -> config(tenants.find(Inputs.tenant(request))))
        .on("GET", ONE + "/size", (request, token) -> size(tenants.find(Inputs.tenant(request))))
        .on("POST", ONE + "/attach", (request, token) -> attach(Inputs.tenant(request)))
        .on("POST", ONE + "/detach", (request, token) -> detach(request))
        .on("POST", ONE + "/ignore", (request, token) -> ignore(request))
        .on("POST", ONE + "/load", (request, token) -> load(Inputs.tenant(request)));
  }

  private Response list() {
    if (!tenants.isLoaded()) {
      throw HttpException.unavailable("the server is starting: not all tenants are found yet");
    }
    return Json.ok(
        tenants.list().stream().map(each -> TenantInfo.of(each.id(), each.state(), each.tenant())).toList());
  }

  private Response info(TenantId id) {
    Optional<Tenants.Entry> entry = tenants.list().stream().filter(each -> each.id().equals(id)).findFirst();
    if (entry.isPresent()) {
      return Json.ok(TenantInfo.of(id, entry.get().state(), entry.get().tenant()));
    }
    Tenant tenant = tenants.find(id); // says for certain that there is none
    return Json.ok(TenantInfo.of(id, tenant.state().value(), Optional.of(tenant)));
  }

  private Response create(Request request) throws IOException, InterruptedException {
    Map<String, JsonNode> fields = request.body().length == 0 ? Map.of() : Json.fields(request);
    TenantId id = Optional.ofNullable(fields.get("new_tenant_id"))
        .map(text -> Inputs.parse("new_tenant_id", text.asText(), TenantId::parse))
        .orElseGet(TenantId::random);
    return Json.response(201, tenants.create(id, config(fields, "new_tenant_id")).id());
  }

  private Response configure(Request request) throws IOException, InterruptedException {
    Map<String, JsonNode> fields = Json.fields(request);
    JsonNode id = fields.get("tenant_id");
    if (id == null) {
      throw HttpException.badRequest("field tenant_id is missing");
    }
    Tenant tenant = tenants.find(Inputs.parse("tenant_id", id.asText(), TenantId::parse));
    tenant.configure(config(fields, "tenant_id"));
    return config(tenant);
  }

  private static TenantConfig config(Map<String, JsonNode> fields, String otherField) {
    Map<String, String> texts = new TreeMap<>();
    fields.forEach((name, value) -> {
      if (!name.equals(otherField)) {
        texts.put(name, text(name, value));
      }
    });
    try {
      return TenantConfig.of(texts);
    } catch (IllegalArgumentException wrong) {
      throw HttpException.badRequest(String.valueOf(wrong.getMessage()));
    }
  }

  private static String text(String name, JsonNode value) {
    if (!value.isTextual() && !value.isNumber()) {
      throw HttpException.badRequest("field " + name + " is a text or a number");
    }
    return value.asText();
  }

  private static Response config(Tenant tenant) {
    return Json.ok(Map.of(
        "tenant_specific_overrides", tenant.config().texts(),
        "effective_config", tenant.effectiveConfig().effective()));
  }

  private static Response size(Tenant tenant) throws IOException, InterruptedException {
    tenant.checkActive();
    return Json.ok(TenantSize.of(tenant));
  }

  private Response attach(TenantId id) throws IOException, InterruptedException {
    return coming(tenants.attach(id));
  }

  private Response load(TenantId id) throws IOException, InterruptedException {
    return coming(tenants.loadIgnored(id));
  }

  private static Response coming(Tenant tenant) {
    return Json.response(202, TenantInfo.of(tenant.id(), tenant.state().value(), Optional.of(tenant)));
  }

  private Response detach(Request request) throws IOException, InterruptedException {
    tenants.detach(Inputs.tenant(request), flush(request));
    return Json.ok(Map.of());
  }

  private Response ignore(Request request) throws IOException, InterruptedException {
    tenants.ignore(Inputs.tenant(request), flush(request));
    return Json.ok(Map.of());
  }

  private static Duration flush(Request request) {
    return request.parameter("flush_ms")
        .map(text -> Inputs.parse("flush_ms", text, TenantRoutes::millis))
        .orElse(FLUSH);
  }

  private static Duration millis(String text) {
    int millis = Integer.parseInt(text);
    if (millis < 0) {
      throw new IllegalArgumentException("not negative, as " + millis);
    }
    return Duration.ofMillis(millis);
  }

  private Response delete(TenantId id) throws IOException, InterruptedException {
    tenants.delete(id);
    return Json.ok(Map.of());
  }
}
