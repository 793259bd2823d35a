// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import io.tidegate.examples.pageserver.management.http.HttpException;
import io.tidegate.examples.pageserver.management.http.Request;
import io.tidegate.examples.pageserver.management.http.Response;
import io.tidegate.examples.pageserver.management.http.Router;
import io.tidegate.testing.Faults;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Arms and disarms {@link Faults} from outside, in a server that was started for that. */
final class FaultRoutes {
  private static final Logger log = LoggerFactory.getLogger(FaultRoutes.class);

  private final boolean allowed;

  /**
   * One fault of a request.
   *
   * @param name the point
   * @param actions what is to happen there, as {@link Faults#arm} takes it behind the equals sign
   */
  private record Wanted(@Nullable String name, @Nullable String actions) {}

  FaultRoutes(boolean allowed) {
    this.allowed = allowed;
  }

  void addTo(Router router) {
    router.on("PUT", "/v1/failpoints", (request, token) -> arm(request));
  }

  /** In the order in which they stand there: those before one that is wrong are armed. Answers with all that are. */
  private Response arm(Request request) {
    if (!allowed) {
      throw HttpException.badRequest("faults can be armed only in a server that was started with --testing");
    }
    Wanted[] all = Json.body(request, Wanted[].class);
    for (int i = 0; i < all.length; i++) {
      arm("[" + i + "]", all[i]);
    }
    List<String> armed = Faults.armed().stream().map(String::valueOf).toList();
    log.warn("faults armed by a request: {}", armed);
    return Json.ok(armed);
  }

  private static void arm(String field, @Nullable Wanted wanted) {
    if (wanted == null || wanted.name == null || wanted.actions == null) {
      throw HttpException.badRequest("field " + field + ": name and actions are needed");
    }
    Inputs.parse(field + ".name", wanted.name, Faults::at);
    Inputs.parse(field + ".actions", wanted.name + "=" + wanted.actions, Faults::arm);
  }
}
