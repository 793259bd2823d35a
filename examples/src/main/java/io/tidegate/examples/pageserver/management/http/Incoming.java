// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.http;

import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Puts requests together from their parts. Confined to the event loop of its connection. */
final class Incoming {
  private static final String SAFE_METHODS = "GET HEAD";

  private final HttpLimits limits;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  /** Of the request that comes in; null between requests. */
  private @Nullable HttpRequest head;

  Incoming(HttpLimits limits) {
    this.limits = limits;
  }

  /** {@return whether the begin of a request is here and not its end} */
  boolean isPartial() {
    return head != null;
  }

  /** {@return whether the client waits to be told that it may send the body} */
  boolean awaitsContinue() {
    return head != null && body.size() == 0 && HttpUtil.is100ContinueExpected(head);
  }

  /** {@return what the part completes; null if more is to come} */
  @Nullable Arrival take(HttpObject part) {
    if (part.decoderResult().isFailure()) {
      return refused(malformed(part.decoderResult()));
    }
    if (part instanceof HttpRequest newHead) {
      head = newHead;
      Response refusal = refusal(newHead);
      if (refusal != null) {
        return refused(refusal);
      }
    }
    return part instanceof HttpContent content ? add(content) : null;
  }

  private static Arrival refused(Response response) {
    return new Arrival.Refused(response);
  }

  private static Response malformed(DecoderResult result) {
    Throwable cause = result.cause();
    return switch (cause) {
      case TooLongHttpLineException tooLong -> error(HttpResponseStatus.REQUEST_URI_TOO_LONG, tooLong.getMessage());
      case TooLongHttpHeaderException tooLong ->
          error(HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, tooLong.getMessage());
      default ->
          error(HttpResponseStatus.BAD_REQUEST, "this is no HTTP: " + Request.shown(String.valueOf(cause.getMessage())));
    };
  }

  private static Response error(HttpResponseStatus status, @Nullable String message) {
    return Response.error(status.code(), String.valueOf(message));
  }

  private @Nullable Response refusal(HttpRequest request) {
    HttpHeaders headers = request.headers();
    List<String> hosts = headers.getAll(HttpHeaderNames.HOST);
    HttpVersion version = request.protocolVersion();
    if (!version.equals(HttpVersion.HTTP_1_1) && !version.equals(HttpVersion.HTTP_1_0)) {
      return error(HttpResponseStatus.HTTP_VERSION_NOT_SUPPORTED, "only HTTP/1.1 is spoken here");
    }
    if (hosts.size() > 1 || (hosts.isEmpty() && version.equals(HttpVersion.HTTP_1_1))) {
      return error(HttpResponseStatus.BAD_REQUEST, "there are " + hosts.size() + " Host headers instead of one");
    }
    if (isCrossSite(request)) {
      return error(HttpResponseStatus.FORBIDDEN, "pages of another site may not change anything here");
    }
    return bodyRefusal(request);
  }

  /** A web page that somebody has open beside can send requests to this machine, too: browsers tell where it is from. */
  private static boolean isCrossSite(HttpRequest request) {
    String origin = request.headers().get(HttpHeaderNames.ORIGIN);
    return origin != null
        && !SAFE_METHODS.contains(request.method().name())
        && !origin.equals("http://" + request.headers().get(HttpHeaderNames.HOST));
  }

  private @Nullable Response bodyRefusal(HttpRequest request) {
    HttpHeaders headers = request.headers();
    List<String> codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
    if (!codings.isEmpty() && !HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(String.join(",", codings))) {
      return error(HttpResponseStatus.NOT_IMPLEMENTED, "no transfer encoding but chunked is known here");
    }
    if (headers.contains(HttpHeaderNames.EXPECT) && !HttpUtil.is100ContinueExpected(request)) {
      return error(HttpResponseStatus.EXPECTATION_FAILED, "no expectation but 100-continue is known here");
    }
    return HttpUtil.getContentLength(request, 0L) > limits.bodyBytes() ? tooLarge() : null;
  }

  private Response tooLarge() {
    return error(
        HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, "the body is larger than " + limits.bodyBytes() + " bytes");
  }

  private @Nullable Arrival add(HttpContent content) {
    int size = content.content().readableBytes();
    if (size > limits.bodyBytes() - body.size()) {
      return refused(tooLarge());
    }
    byte[] bytes = new byte[size];
    content.content().readBytes(bytes);
    body.writeBytes(bytes);
    HttpRequest whole = head;
    return content instanceof LastHttpContent && whole != null ? complete(whole) : null;
  }

  private Arrival complete(HttpRequest whole) {
    byte[] bytes = body.toByteArray();
    body.reset();
    head = null;
    QueryStringDecoder target = new QueryStringDecoder(whole.uri());
    boolean keepsAlive = whole.protocolVersion().equals(HttpVersion.HTTP_1_1) && HttpUtil.isKeepAlive(whole);
    try {
      Map<String, List<String>> query = target.parameters();
      return new Arrival.Whole(new Request(whole.method().name(), target.rawPath(), query, bytes), keepsAlive);
    } catch (IllegalArgumentException malformed) {
      return refused(
          error(HttpResponseStatus.BAD_REQUEST, "the query is malformed: " + Request.shown(String.valueOf(malformed.getMessage()))));
    }
  }
}
