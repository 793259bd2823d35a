// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.management.http.HttpException;
import io.tidegate.examples.pageserver.management.http.Request;
import java.util.function.Function;

/** Reads what requests hold; what is malformed is answered with 400 and the name of the field. */
final class Inputs {
  private Inputs() {}

  /** {@return the tenant that the path names} */
  static TenantId tenant(Request request) {
    return parse("tenant_id", request.at("tenant_id"), TenantId::parse);
  }

  /** {@return the timeline that the path names} */
  static TimelineId timeline(Request request) {
    return parse("timeline_id", request.at("timeline_id"), TimelineId::parse);
  }

  /** {@return whether a parameter of the query says {@code true}} */
  static boolean flag(Request request, String name, boolean byDefault) {
    return request.parameter(name).map(text -> parse(name, text, Inputs::flag)).orElse(byDefault);
  }

  private static boolean flag(String text) {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("true or false, not \"" + text + "\"");
    };
  }

  /**
   * {@return what a text says}
   *
   * @throws HttpException if the parser throws an {@link IllegalArgumentException}
   */
  static <T> T parse(String field, String text, Function<String, T> parser) {
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException malformed) {
      throw HttpException.badRequest("field " + field + ": " + malformed.getMessage());
    }
  }
}
