// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.ClosedException;
import io.tidegate.GateClosedException;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.examples.pageserver.task.Kind;
import io.tidegate.sync.Mailbox;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An HTTP/1.1 server in a scope of its own: one event loop reads and writes, and each request is a task.
 *
 * <p>The task is cancelled when its client hangs up, and goes on as its handler likes. So whatever must not be cut in half
 * belongs into a task of what it works on, and the handler only waits for that.
 *
 * <p>While the server's root drains, requests are still answered: by the listener task, which is inside. The scope's close
 * ends it: what is being answered is cancelled, what waits gets a 503, then the connections are closed.
 *
 * <p><b>Threads:</b> safe for use by any thread.
 */
public final class HttpServer {
  private static final Logger log = LoggerFactory.getLogger(HttpServer.class);

  private static final int CLOSE_SECONDS = 1;

  private final Scope scope;
  private final HttpLimits limits;
  private final Handler handler;
  /** The requests that have no task yet; each connection has one at most. */
  private final Mailbox<Exchange> requests;

  private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(
      1, new DefaultThreadFactory("http", true), NioIoHandler.newFactory());
  /** The connections. */
  private final ChannelGroup clients = new DefaultChannelGroup(loop.next());

  private final HttpTraffic traffic;
  private final Channel listening;

  private HttpServer(Scope scope, InetSocketAddress address, HttpLimits limits, HttpTraffic traffic, Handler handler)
      throws IOException {
    this.scope = scope;
    this.limits = limits;
    this.traffic = traffic;
    this.handler = handler;
    this.requests = Mailbox.of("http requests", limits.connections());
    this.listening = listen(address);
  }

  /**
   * Starts a server in a scope {@code http}.
   *
   * @param parent the scope above
   * @param address where to listen; port 0 takes any that is free
   * @param limits what clients may ask
   * @param traffic counts
   * @param handler answers
   * @return the server
   * @throws IOException if it cannot listen there; the message names the address
   */
  public static HttpServer start(
      Scope parent, InetSocketAddress address, HttpLimits limits, HttpTraffic traffic, Handler handler)
      throws IOException {
    Scope scope = parent.child("http");
    try {
      HttpServer server = new HttpServer(scope, address, limits, traffic, handler);
      scope.onClosed("close connections", () -> server.release(server.listening));
      scope.spawn(Kind.HTTP_LISTENER, server::startTasks);
      return server;
    } catch (Throwable failed) {
      scope.close();
      throw failed;
    }
  }

  private Channel listen(InetSocketAddress address) throws IOException {
    ChannelFuture bound = new ServerBootstrap()
        .group(loop)
        .channel(NioServerSocketChannel.class)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childOption(ChannelOption.ALLOCATOR, UnpooledByteBufAllocator.DEFAULT)
        .childHandler(new ChannelInitializer<SocketChannel>() {
          @Override
          protected void initChannel(SocketChannel channel) {
            channel.pipeline().addLast(codec(), new Connection(HttpServer.this, limits, traffic));
            clients.add(channel);
          }
        })
        .bind(address)
        .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      release(bound.channel());
      throw new IOException("cannot listen on " + address + ": " + bound.cause().getMessage(), bound.cause());
    }
    return bound.channel();
  }

  private HttpServerCodec codec() {
    return new HttpServerCodec(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(limits.lineBytes())
            .setMaxHeaderSize(limits.headerBytes())
            .setMaxChunkSize(limits.bodyBytes()));
  }

  /** {@return where it listens} */
  public InetSocketAddress address() {
    return (InetSocketAddress) listening.localAddress();
  }

  /** Ends it: cancels what is being answered, and returns when the connections are closed. */
  public void close() {
    scope.close();
  }

  /** Has a request answered, by a task or at once; called on the event loop. */
  void ask(Exchange exchange) {
    try {
      if (!requests.offer(exchange)) {
        refuse(exchange, "too many requests");
      }
    } catch (ClosedException closing) {
      refuse(exchange, "the server is closing");
    }
  }

  private static void refuse(Exchange exchange, String why) {
    exchange.answer(HttpException.unavailable(why).response());
  }

  // ---- tasks

  private void startTasks(CancellationToken token) throws InterruptedException {
    try {
      while (true) {
        start(requests.receive(token).orElseThrow());
      }
    } finally {
      requests.closeReceiving().forEach(left -> refuse(left, "the server is closing"));
    }
  }

  private void start(Exchange exchange) {
    try {
      Task.Builder task = scope.newTask(Kind.MANAGEMENT_REQUEST).name(exchange.request().toString());
      exchange.answeredBy(task.spawn(token -> answer(exchange, token)));
    } catch (GateClosedException closing) {
      refuse(exchange, "the server is closing");
    }
  }

  private void answer(Exchange exchange, CancellationToken token) {
    try {
      Response response = respond(exchange.request(), token);
      exchange.answer(response);
      tell(exchange, response);
    } catch (Error failed) {
      exchange.answer(failure());
      throw failed;
    }
  }

  private Response respond(Request request, CancellationToken token) {
    try {
      return handler.handle(request, token);
    } catch (HttpException refused) {
      return refused.response();
    } catch (CancelledException | ClosedException ended) {
      String why = token.isCancelled() ? token.reason().orElseThrow().toString() : String.valueOf(ended.getMessage());
      return HttpException.unavailable(why).response();
    } catch (Exception failed) {
      log.error("{} failed", request, failed);
      return failure();
    }
  }

  /** Names the task, whose number is in the log too; what went wrong is for the log only. */
  private static Response failure() {
    String task = Task.current().map(Task::id).map(String::valueOf).orElse("none");
    return Response.error(
        HttpResponseStatus.INTERNAL_SERVER_ERROR.code(), "the server failed; its log tells why, with task_id=" + task);
  }

  private static void tell(Exchange exchange, Response response) {
    if (exchange.isDropped()) {
      log.info("dropped request has ended: {}, {}", exchange.request(), response);
    } else {
      log.debug("{}: {}", exchange.request(), response);
    }
  }

  // ---- the end

  /**
   * Closes what is open, when the last task has handed over its answer, and ends the event loop. Each channel is closed by
   * name: an event loop that ends leaves open what it had no turn to close.
   */
  private void release(Channel listener) {
    listener.close().awaitUninterruptibly();
    clients.close().awaitUninterruptibly(); // behind the answers, which the event loop has been handed before
    loop.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
