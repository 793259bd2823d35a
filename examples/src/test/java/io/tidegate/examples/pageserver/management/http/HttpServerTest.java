// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import io.tidegate.CancellationToken;
import io.tidegate.CancelledException;
import io.tidegate.CloseReport;
import io.tidegate.ClosedException;
import io.tidegate.Scope;
import io.tidegate.Task;
import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.LogLines;
import io.tidegate.examples.pageserver.task.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The HTTP server by itself: limits, errors, hang-ups, close. */
@Timeout(300)
class HttpServerTest {
  private static final InetSocketAddress ANY = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  private static final HttpLimits LIMITS = new HttpLimits(200, 400, 100, 4, 3, Duration.ofMinutes(5));

  private final Scope root = Scope.root("root");
  private final LogLines log = new LogLines();
  private final CountDownLatch mayEnd = new CountDownLatch(1);
  private final AtomicReference<@Nullable Throwable> handlersEnd = new AtomicReference<>();
  private final HttpTraffic traffic = new HttpTraffic();
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = start(LIMITS);
  }

  private HttpServer start(HttpLimits limits) throws IOException {
    Router router = new Router()
        .on("GET", "/echo/{what}", (request, token) -> Response.text(200, "text/plain", request.at("what")))
        .on("POST", "/echo", (request, token) ->
            Response.text(200, "text/plain", new String(request.body(), StandardCharsets.UTF_8)))
        .on("GET", "/wait", this::waitForCancel)
        .on("GET", "/deaf", this::waitForTest)
        .on("GET", "/fail", (request, token) -> {
          throw new IllegalStateException("a secret");
        })
        .on("GET", "/closed", (request, token) -> root.newChild("other").open().call(own -> {
          throw new ClosedException("the timeline is closing");
        }));
    return HttpServer.start(root, ANY, limits, traffic, router);
  }

  private Response waitForCancel(Request request, CancellationToken token) throws InterruptedException {
    try {
      token.awaitCancelled();
      token.throwIfCancelled();
      return Response.text(200, "text/plain", "never");
    } catch (CancelledException cancelled) {
      handlersEnd.set(cancelled);
      throw cancelled;
    }
  }

  /** Does not listen to its token, as what must not be cut in half. */
  private Response waitForTest(Request request, CancellationToken token) throws InterruptedException {
    mayEnd.await();
    return Response.text(200, "text/plain", "cancelled: " + token.isCancelled());
  }

  @AfterEach
  void closeAll() throws Exception {
    mayEnd.countDown();
    root.close();
    assertEquals(List.of(), root.tasks());
    log.close();
    Await.until("the event loop has ended", () ->
        Thread.getAllStackTraces().keySet().stream().noneMatch(each -> each.getName().startsWith("http-")));
  }

  private RawClient client() throws IOException {
    return new RawClient(server.address());
  }

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
  }

  private Stream<Task<?>> requests() {
    return root.tasks().stream().filter(task -> task.kind() == Kind.MANAGEMENT_REQUEST);
  }

  @Test
  void request_oneAfterTheOther_isAnsweredOnOneConnection() throws IOException {
    try (RawClient client = client()) {
      assertTrue(client.send(get("/echo/a%20b")).answer().endsWith("\r\n\r\na b"));
      assertTrue(client.send(get("/echo/2")).answer().startsWith("HTTP/1.1 200 OK\r\n"));
      assertEquals(1, traffic.connections());
    }
  }

  @Test
  void request_pipelined_isAnsweredInOrder() throws IOException {
    try (RawClient client = client()) {
      client.send(get("/echo/1") + get("/echo/2") + get("/echo/3"));
      for (int i = 1; i <= 3; i++) {
        assertTrue(client.answer().endsWith("\r\n\r\n" + i));
      }
    }
  }

  @Test
  void request_morePipelinedThanAllowed_closesBehindTheLastThatIs() throws Exception {
    try (RawClient client = client()) {
      client.send(get("/echo/1").repeat(20)); // in one piece, which is read before an answer is written
      String all = client.rest();
      assertEquals(1 + LIMITS.pipelined(), all.split("HTTP/1.1 200 OK", -1).length - 1, all);
      assertEquals(1, all.split("connection: close", -1).length - 1, all);
    }
  }

  @Test
  void request_withABodyInChunks_isPutTogether() throws IOException {
    try (RawClient client = client()) {
      client.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n");
      assertTrue(client.send("3\r\ncde\r\n0\r\n\r\n").answer().endsWith("\r\n\r\nabcde"));
    }
  }

  @Test
  void request_thatExpectsContinue_isToldToGoOn() throws IOException {
    try (RawClient client = client()) {
      client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
      assertEquals("HTTP/1.1 100 Continue\r\n\r\n", client.answer());
      assertTrue(client.send("ab").answer().endsWith("\r\n\r\nab"));
    }
  }

  @Test
  void head_isAnsweredAsGetWithoutTheBody() throws IOException {
    try (RawClient client = client()) {
      client.send("HEAD /echo/abc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      String answer = client.rest();
      assertTrue(answer.contains("content-length: 3\r\n") && answer.endsWith("\r\n\r\n"), answer);
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      GET /LONG HTTP/1.1~Host: x~~                                        | 414
      GET / HTTP/1.1~Host: x~A: LONG~B: LONG~~                            | 431
      POST /echo HTTP/1.1~Host: x~Content-Length: 101~~                   | 413
      POST /echo HTTP/1.1~Host: x~Content-Length: 99999999999999999999~~  | 400
      POST /echo HTTP/1.1~Host: x~Content-Length: 1~Content-Length: 2~~   | 400
      POST /echo HTTP/1.1~Host: x~Transfer-Encoding: chunked~~LARGE~      | 413
      POST /echo HTTP/1.1~Host: x~Transfer-Encoding: chunked~~zz~         | 400
      POST /echo HTTP/1.1~Host: x~Transfer-Encoding: gzip~~               | 501
      POST /echo HTTP/1.1~Host: x~Expect: miracles~~                      | 417
      POST /echo HTTP/1.1~Host: x~Origin: http://elsewhere~~              | 403
      GET /echo/1 HTTP/1.1~~                                              | 400
      GET /echo/1 HTTP/1.1~Host: x~Host: y~~                              | 400
      GET /echo/1 HTTP/2.0~Host: x~~                                      | 505
      GET /echo/%zz HTTP/1.1~Host: x~Connection: close~~                  | 400
      GET /echo/1?a=%zz HTTP/1.1~Host: x~~                                | 400
      nonsense~~                                                          | 400
      GET /none HTTP/1.1~Host: x~Connection: close~~                      | 404
      PUT /echo HTTP/1.1~Host: x~Connection: close~~                      | 405
      """)
  void badRequest_isAnsweredWithItsStatusAndTheConnectionClosed(String form, int status) throws IOException {
    String sent = form.replace("~", "\r\n").replace("LONG", "x".repeat(250)).replace("LARGE", "c8\r\n" + "x".repeat(200));
    try (RawClient client = client()) {
      String answer = client.send(sent).rest();
      assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
      assertTrue(answer.contains("\r\n\r\n{\"msg\":\""), answer);
    }
    assertEquals(1, traffic.answers().get(status));
  }

  @Test
  void badRequest_whoseClientGoesOnSending_getsItsAnswer() throws IOException {
    try (RawClient client = client()) {
      client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + "x".repeat(100_000));
      assertTrue(client.rest().startsWith("HTTP/1.1 413 "));
    }
  }

  @Test
  void wrongMethod_namesThoseThatAreAllowed() throws IOException {
    try (RawClient client = client()) {
      String answer = client.send("DELETE /echo/1 HTTP/1.1\r\nHost: x\r\n\r\n").answer();
      assertTrue(answer.startsWith("HTTP/1.1 405 ") && answer.contains("\r\nAllow: GET, HEAD\r\n"), answer);
    }
  }

  @Test
  void failure_isAnsweredWithANumberThatTheLogHas() throws IOException {
    try (RawClient client = client()) {
      String answer = client.send(get("/fail")).answer();
      assertTrue(answer.startsWith("HTTP/1.1 500 ") && !answer.contains("secret"), answer);
      String id = log.matching(event -> event.getLevel() == Level.ERROR).getFirst().getMDCPropertyMap().get("task_id");
      assertTrue(answer.contains("task_id=" + id + "\""), answer);
    }
  }

  @Test
  void closedException_isAnsweredWithUnavailable() throws IOException {
    try (RawClient client = client()) {
      String answer = client.send(get("/closed")).answer();
      assertTrue(answer.startsWith("HTTP/1.1 503 ") && answer.contains("\r\nRetry-After: 1\r\n"), answer);
      assertTrue(answer.contains("the timeline is closing"), answer);
    }
  }

  @Test
  void hangUp_cancelsTheHandlerAndIsLogged() throws Exception {
    try (RawClient client = client()) {
      client.send(get("/wait"));
      Await.until("it is being answered", () -> requests().count() == 1);
      client.end();
      Await.until("the handler has ended", () -> requests().findAny().isEmpty() && handlersEnd.get() != null);
    }
    assertTrue(String.valueOf(handlersEnd.get()).contains("the client has hung up"), () -> "" + handlersEnd.get());
    assertEquals(1, log.lines(Level.INFO).stream()
        .filter("INFO request was dropped before completing: GET /wait"::equals).count());
    assertEquals(1, traffic.dropped());
    Await.until("the connection is gone", () -> traffic.connections() == 0);
  }

  @Test
  void hangUp_byReset_cancelsTheHandlerToo() throws Exception {
    try (RawClient client = client()) {
      client.send(get("/wait"));
      Await.until("it is being answered", () -> requests().count() == 1);
      client.reset();
      Await.until("the handler has ended", () -> requests().findAny().isEmpty() && handlersEnd.get() != null);
    }
  }

  @Test
  void hangUp_doesNotCutAHandlerThatDoesNotListen() throws Exception {
    try (RawClient client = client()) {
      client.send(get("/deaf"));
      Await.until("it is being answered", () -> requests().count() == 1);
      client.reset();
      Await.until("the server has seen it", () -> traffic.dropped() == 1);
      assertEquals(1, requests().count());
      mayEnd.countDown();
      Await.until("the handler has ended", () -> requests().findAny().isEmpty());
      Await.until("that is told", () -> log.contains("dropped request has ended: GET /deaf, 200"));
    }
  }

  @Test
  void connections_aboveTheLimit_areRefusedUntilOthersEnd() throws Exception {
    RawClient first = client();
    try (RawClient second = client(); RawClient third = client(); RawClient fourth = client()) {
      for (RawClient each : List.of(first, second, third, fourth)) {
        each.send(get("/echo/1")).answer();
      }
      try (RawClient fifth = client()) {
        assertTrue(fifth.rest().startsWith("HTTP/1.1 503 "));
      }
      first.close();
      Await.until("one has gone", () -> traffic.connections() == 3);
      try (RawClient fifth = client()) {
        assertTrue(fifth.send(get("/echo/1")).answer().startsWith("HTTP/1.1 200 "));
      }
    }
  }

  @Test
  void patience_ofAnIdleServer_endsWhatDoesNotCome() throws IOException {
    server = start(new HttpLimits(200, 400, 100, 4, 3, Duration.ofMillis(1)));
    try (RawClient client = client()) {
      assertTrue(client.send("GET / HT").rest().startsWith("HTTP/1.1 408 "));
    }
  }

  @Test
  void close_answersWhatRunsWithUnavailable() throws Exception {
    try (RawClient client = client(); RawClient idle = client()) {
      client.send(get("/wait"));
      Await.until("it is being answered", () -> requests().count() == 1);
      root.close();
      assertTrue(client.answer().startsWith("HTTP/1.1 503 "));
      assertEquals("", client.rest());
      assertEquals("", idle.rest());
    }
    assertThrows(IOException.class, this::client);
  }

  @Test
  void drain_ofTheRoot_leavesTheServerAnsweringToTheEnd() throws Exception {
    CountDownLatch drained = new CountDownLatch(1);
    root.onDrain("the last step but one", drained::await);
    root.onDrain("close the server", () -> root.children().getFirst().close());
    Task<CloseReport> closing = Scope.root("closer").fork(token -> root.closeGracefully(Duration.ofMinutes(2)));
    Await.until("closing has begun", root::isClosing);
    try (RawClient client = client()) {
      assertTrue(client.send(get("/echo/1")).answer().startsWith("HTTP/1.1 200 "));
    } finally {
      drained.countDown();
    }
    closing.join();
    assertTrue(closing.result().isOrderly(), () -> closing.result().toString());
  }

  @Test
  void start_onAPortInUse_saysSoAndLeavesNothing() {
    IOException refused =
        assertThrows(IOException.class, () -> HttpServer.start(root, server.address(), LIMITS, traffic, (request, token) -> {
          throw new AssertionError();
        }));
    assertTrue(String.valueOf(refused.getMessage()).startsWith("cannot listen on /127.0.0.1:"), refused::toString);
    assertEquals(1, root.children().size());
  }

  @Test
  void keepAlive_ofTheJdksClient_reusesItsConnection() throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://127.0.0.1:" + server.address().getPort() + "/echo/1");
      for (int i = 0; i < 20; i++) {
        assertEquals("1", client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString()).body());
        assertEquals(1, traffic.connections());
      }
    }
  }
}
