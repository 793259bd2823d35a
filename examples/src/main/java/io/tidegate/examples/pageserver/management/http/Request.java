// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.http;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** One request, whole and within the limits. */
public final class Request {
  private static final int SHOWN_CHARS = 200;

  private final String method;
  private final String path;
  private final Map<String, List<String>> query;
  private final byte[] body;
  private final Map<String, String> places;

  Request(String method, String path, Map<String, List<String>> query, byte[] body) {
    this(method, path, query, body, Map.of());
  }

  private Request(
      String method, String path, Map<String, List<String>> query, byte[] body, Map<String, String> places) {
    this.method = method;
    this.path = path;
    this.query = query;
    this.body = body;
    this.places = places;
  }

  /** {@return the same, with what stands at the named places of its path} */
  Request at(Map<String, String> newPlaces) {
    return new Request(method, path, query, body, newPlaces);
  }

  /** {@return the method, in upper case} */
  public String method() {
    return method;
  }

  /** {@return the path as it was sent} */
  String path() {
    return path;
  }

  /**
   * {@return what stands in the path at a place that the route names}
   *
   * @param name the name, without braces
   */
  public String at(String name) {
    return Objects.requireNonNull(places.get(name), name);
  }

  /**
   * {@return the value of a parameter of the query; empty if it is not there}
   *
   * @param name its name
   * @throws HttpException if it is there twice
   */
  public Optional<String> parameter(String name) {
    List<String> values = query.getOrDefault(name, List.of());
    if (values.size() > 1) {
      throw HttpException.badRequest("the parameter " + name + " is given " + values.size() + " times");
    }
    return values.stream().findFirst();
  }

  /** {@return the body itself, empty if there is none} */
  public byte[] body() {
    return body;
  }

  /** Describes method and path, for the log and for listings. */
  @Override
  public String toString() {
    return shown(method + " " + path);
  }

  /** {@return what a client has sent in a form that harms no log} */
  static String shown(String text) {
    String start = text.length() <= SHOWN_CHARS ? text : text.substring(0, SHOWN_CHARS) + "…";
    return start.codePoints()
        .map(each -> Character.isISOControl(each) || !Character.isDefined(each) ? '?' : each)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
