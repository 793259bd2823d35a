// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.http;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.tidegate.CancellationToken;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Finds the handler of a request by path and method. Set up by one thread before it is used; then safe for any. */
public final class Router implements Handler {
  private static final String GET = "GET";
  private static final String HEAD = "HEAD";

  private final List<Route> routes = new ArrayList<>();

  private record Route(List<String> pattern, Map<String, Handler> handlers) {
    /** {@return what stands at the named places; empty if the path is another} */
    Optional<Map<String, String>> match(List<String> path) {
      if (path.size() != pattern.size()) {
        return Optional.empty();
      }
      Map<String, String> places = new HashMap<>();
      for (int i = 0; i < pattern.size(); i++) {
        String wanted = pattern.get(i);
        if (isPlace(wanted)) {
          places.put(wanted.substring(1, wanted.length() - 1), path.get(i));
        } else if (!wanted.equals(path.get(i))) {
          return Optional.empty();
        }
      }
      return Optional.of(places);
    }

    private static boolean isPlace(String part) {
      return part.startsWith("{");
    }
  }

  /** Makes a router that finds nothing. */
  public Router() {}

  /**
   * Adds a handler. Of two paths that fit, the one that was added first counts.
   *
   * @param method the method; one for {@code GET} takes {@code HEAD} too
   * @param path the path, in which {@code {name}} stands for any one part
   * @param handler what to do
   * @return this router
   */
  public Router on(String method, String path, Handler handler) {
    List<String> pattern = List.of(path.split("/", -1));
    Route route = routes.stream().filter(each -> each.pattern.equals(pattern)).findFirst().orElse(null);
    if (route == null) {
      route = new Route(pattern, new TreeMap<>());
      routes.add(route);
    }
    route.handlers.put(method, handler);
    if (method.equals(GET)) {
      route.handlers.put(HEAD, handler);
    }
    return this;
  }

  @Override
  public Response handle(Request request, CancellationToken token) throws Exception {
    List<String> path = decoded(request.path());
    for (Route route : routes) {
      Optional<Map<String, String>> places = route.match(path);
      if (places.isPresent()) {
        return handlerOf(route, request).handle(request.at(places.get()), token);
      }
    }
    throw HttpException.notFound("there is nothing at " + Request.shown(request.path()));
  }

  private static List<String> decoded(String path) {
    try {
      return List.of(path.split("/", -1)).stream().map(QueryStringDecoder::decodeComponent).toList();
    } catch (IllegalArgumentException malformed) {
      throw HttpException.badRequest("the path is malformed: " + malformed.getMessage());
    }
  }

  private static Handler handlerOf(Route route, Request request) {
    Handler handler = route.handlers.get(request.method());
    if (handler == null) {
      String allowed = String.join(", ", route.handlers.keySet());
      throw new HttpException(
          HttpResponseStatus.METHOD_NOT_ALLOWED.code(),
          request + ": only " + allowed + " can be done here",
          Map.of("Allow", allowed));
    }
    return handler;
  }
}
