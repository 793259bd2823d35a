// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.http;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** One answer. */
public final class Response {
  private final int status;
  private final String contentType;
  private final byte[] body;
  private final Map<String, String> headers;

  private Response(int status, String contentType, byte[] body, Map<String, String> headers) {
    this.status = status;
    this.contentType = contentType;
    this.body = body;
    this.headers = headers;
  }

  /**
   * {@return an answer with text}
   *
   * @param status the code
   * @param contentType what the text is; it is sent as UTF-8
   * @param text the body
   */
  public static Response text(int status, String contentType, String text) {
    return new Response(
        status, contentType + "; charset=utf-8", text.getBytes(StandardCharsets.UTF_8), Map.of());
  }

  /**
   * {@return an answer with JSON}
   *
   * @param status the code
   * @param json the body, as UTF-8; not copied
   */
  public static Response json(int status, byte[] json) {
    return new Response(status, "application/json", json, Map.of());
  }

  /**
   * {@return an answer that tells of an error, as {@code {"msg": "..."}}}
   *
   * @param status the code
   * @param message what is wrong
   */
  public static Response error(int status, String message) {
    String text = "{\"msg\":\"" + new String(JsonStringEncoder.getInstance().quoteAsString(message)) + "\"}";
    return json(status, text.getBytes(StandardCharsets.UTF_8));
  }

  /** {@return the same with further headers} */
  public Response with(Map<String, String> further) {
    Map<String, String> all = new LinkedHashMap<>(headers);
    all.putAll(further);
    return new Response(status, contentType, body, all);
  }

  /** {@return the code} */
  public int status() {
    return status;
  }

  String contentType() {
    return contentType;
  }

  /** {@return the body itself, which nobody changes any more} */
  byte[] body() {
    return body;
  }

  Map<String, String> headers() {
    return headers;
  }

  @Override
  public String toString() {
    return status + " " + contentType + ", " + body.length + " bytes";
  }
}
