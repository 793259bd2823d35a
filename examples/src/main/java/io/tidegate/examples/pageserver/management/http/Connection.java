// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client: has its requests answered one after the other, in the order in which they came.
 *
 * <p>It reads on while a request is answered: so it sees at once when the client hangs up. A client that ends its half
 * of the connection has hung up, too.
 *
 * <p>Confined to its event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a write that fails closes the channel, and channelInactive tells of that
final class Connection extends ChannelInboundHandlerAdapter {
  private static final Logger log = LoggerFactory.getLogger(Connection.class);

  /** How long what a client still sends is read and thrown away, so that it gets to see the last answer. */
  private static final Duration LINGER = Duration.ofSeconds(1);

  private final HttpServer server;
  private final HttpLimits limits;
  private final HttpTraffic traffic;
  private final Incoming incoming;
  private final Queue<Arrival> waiting = new ArrayDeque<>();
  private @Nullable Exchange running;
  /** Whether no more requests are taken. */
  private boolean ending;

  private boolean hasAnswered;
  /** Until when the next request must be here; null while one is answered. */
  private @Nullable Future<?> deadline;

  Connection(HttpServer server, HttpLimits limits, HttpTraffic traffic) {
    this.server = server;
    this.limits = limits;
    this.traffic = traffic;
    this.incoming = new Incoming(limits);
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    if (traffic.opened() <= limits.connections()) {
      awaitRequest(context);
    } else {
      begin(context, new Arrival.Refused(HttpException.unavailable("too many connections").response()));
    }
  }

  // ---- what comes

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    try {
      if (!ending) {
        receive(context, (HttpObject) message);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void receive(ChannelHandlerContext context, HttpObject part) {
    Arrival arrival = incoming.take(part);
    if (arrival == null) {
      allowBody(context);
      return;
    }
    ending = !arrival.keepsAlive();
    if (running == null) {
      begin(context, arrival);
    } else {
      waiting.add(arrival);
      ending |= waiting.size() == limits.pipelined();
    }
  }

  private void allowBody(ChannelHandlerContext context) {
    if (running == null && incoming.awaitsContinue()) {
      context.writeAndFlush(
          new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
    }
  }

  private void awaitRequest(ChannelHandlerContext context) {
    deadline = schedule(context, limits.patience(), () -> expired(context));
  }

  private void expired(ChannelHandlerContext context) {
    ending = true;
    if (hasAnswered && !incoming.isPartial()) {
      context.close();
    } else {
      Response late = Response.error(HttpResponseStatus.REQUEST_TIMEOUT.code(),
          "no whole request has come within " + limits.patience().toSeconds() + " s");
      begin(context, new Arrival.Refused(late));
    }
  }

  private static Future<?> schedule(ChannelHandlerContext context, Duration after, Runnable what) {
    return context.executor().schedule(what, after.toMillis(), TimeUnit.MILLISECONDS);
  }

  // ---- what goes

  private void begin(ChannelHandlerContext context, Arrival arrival) {
    if (deadline != null) {
      deadline.cancel(false);
    }
    switch (arrival) {
      case Arrival.Refused refused -> write(context, refused.response(), false);
      case Arrival.Whole whole -> ask(context, whole);
    }
  }

  private void ask(ChannelHandlerContext context, Arrival.Whole whole) {
    Exchange exchange =
        new Exchange(
            whole.request(),
            response -> context.executor().execute(() -> answered(context, response, whole.keepsAlive())));
    running = exchange;
    server.ask(exchange);
  }

  private void answered(ChannelHandlerContext context, Response response, boolean keepsAlive) {
    running = null;
    if (!context.channel().isActive()) {
      return;
    }
    boolean last = !keepsAlive || (ending && waiting.isEmpty());
    write(context, response, !last);
    Arrival next = waiting.poll();
    if (!last && next != null) {
      begin(context, next);
    } else if (!last) {
      awaitRequest(context);
    }
  }

  private void write(ChannelHandlerContext context, Response response, boolean keepsAlive) {
    hasAnswered = true;
    traffic.answered(response.status());
    Future<?> patience = schedule(context, limits.patience(), context::close);
    ChannelFuture written = context.writeAndFlush(message(response, keepsAlive));
    written.addListener(
        end -> {
          patience.cancel(false);
          if (!keepsAlive) {
            linger(context);
          }
        });
  }

  private static FullHttpResponse message(Response response, boolean keepsAlive) {
    FullHttpResponse message =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(response.status()),
            Unpooled.wrappedBuffer(response.body()));
    HttpHeaders headers = message.headers();
    headers.set(HttpHeaderNames.CONTENT_TYPE, response.contentType());
    headers.set(HttpHeaderNames.CONTENT_LENGTH, response.body().length);
    headers.set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    headers.set("X-Content-Type-Options", "nosniff");
    response.headers().forEach(headers::set);
    HttpUtil.setKeepAlive(message, keepsAlive);
    return message;
  }

  /** Says that this was the last answer; closing at once would throw it away where more has come than was read. */
  private void linger(ChannelHandlerContext context) {
    ending = true;
    if (context.channel() instanceof DuplexChannel duplex) {
      duplex.shutdownOutput();
    }
    schedule(context, LINGER, context::close);
  }

  // ---- the end

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    traffic.closed();
    ending = true;
    waiting.clear();
    if (deadline != null) {
      deadline.cancel(false);
    }
    if (running != null) {
      log.info("request was dropped before completing: {}", running.request());
      running.drop();
      traffic.hungUp();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
    log.debug("the connection with {} broke", context.channel().remoteAddress(), thrown);
    context.close();
  }
}
