// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.http;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Map;

/** Thrown by handlers to answer with an error that is the client's business; the message is for the client to read. */
public final class HttpException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final transient Map<String, String> headers;

  /**
   * Makes an error.
   *
   * @param status the code
   * @param message what is wrong, and with what
   * @param headers further headers of the answer
   */
  public HttpException(int status, String message, Map<String, String> headers) {
    super(message);
    this.status = status;
    this.headers = Map.copyOf(headers);
  }

  /**
   * Makes an error without further headers.
   *
   * @param status the code
   * @param message what is wrong, and with what
   */
  public HttpException(int status, String message) {
    this(status, message, Map.of());
  }

  /** {@return that the request is malformed} */
  public static HttpException badRequest(String message) {
    return new HttpException(HttpResponseStatus.BAD_REQUEST.code(), message);
  }

  /** {@return that there is no such thing} */
  public static HttpException notFound(String message) {
    return new HttpException(HttpResponseStatus.NOT_FOUND.code(), message);
  }

  /** {@return that it cannot be done now, and may be possible a second later} */
  public static HttpException unavailable(String message) {
    return new HttpException(HttpResponseStatus.SERVICE_UNAVAILABLE.code(), message, Map.of("Retry-After", "1"));
  }

  /** {@return the answer that tells it} */
  Response response() {
    return Response.error(status, String.valueOf(getMessage())).with(headers);
  }
}
