// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import io.tidegate.examples.pageserver.Await;
import io.tidegate.examples.pageserver.LogLines;
import io.tidegate.testing.LeakCheck;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A hundred thousand requests that are no good, from a few clients at once: each gets its error, and nothing is left. */
@ExtendWith(LeakCheck.class)
@Timeout(600)
class MalformedRequestsTest {
  private static final int CLIENTS = 4;
  private static final int REQUESTS_EACH = Integer.getInteger("malformed.requests", 100_000) / CLIENTS;
  private static final int REQUESTS_A_CONNECTION = 50;
  private static final int READ_LIMIT_MILLIS = 120_000;
  private static final String ID = "0123456789abcdef0123456789abcdef";
  private static final String GOOD = "POST /v1/tenant/" + ID + "/timeline?a=b HTTP/1.1\r\nHost: here\r\n"
      + "Content-Type: application/json\r\nContent-Length: 26\r\n\r\n{\"ancestor_timeline_id\":1}";

  @TempDir
  Path folder;

  @Test
  void clients_thatSendRubbish_getErrorsAndLeaveNothing() throws Exception {
    try (LogLines log = new LogLines(); TestApi api = new TestApi(folder)) {
      try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
        List<Future<Integer>> running = new ArrayList<>();
        for (int seed = 0; seed < CLIENTS; seed++) {
          Client client = new Client(new Random(seed), api.http.address().getPort());
          running.add(clients.submit(client::run));
        }
        int sent = 0;
        for (Future<Integer> each : running) {
          sent += each.get();
        }
        assertEquals(CLIENTS * REQUESTS_EACH, sent);
      }
      api.expect(200, "GET", "/v1/status", "");
      Await.until("the connections are gone", () -> api.get("/metrics").body().contains("\nhttp_connections 1.0\n"));
      Await.until("only listener and metrics are left", () -> api.root.tasks().size() == 2);
      assertEquals(List.of(), log.lines(Level.WARN));
    }
  }

  /** One client. Where it knows that the server must answer, it reads the answer; else it hangs up. */
  private static final class Client {
    private final Random random;
    private final int port;

    Client(Random random, int port) {
      this.random = random;
      this.port = port;
    }

    int run() throws IOException {
      int sent = 0;
      while (sent < REQUESTS_EACH) {
        sent += switch (random.nextInt(4)) {
          case 0 -> hangUp(mutated());
          case 1 -> answered(unreadable());
          default -> answeredOnOneConnection(Math.min(REQUESTS_A_CONNECTION, REQUESTS_EACH - sent));
        };
      }
      return sent;
    }

    private Socket connect() throws IOException {
      Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setSoTimeout(READ_LIMIT_MILLIS);
      socket.setTcpNoDelay(true);
      return socket;
    }

    private static void send(Socket socket, byte[] request) throws IOException {
      socket.getOutputStream().write(request);
    }

    /** Sends what may or may not be a request, ends, and takes whatever comes. */
    private int hangUp(byte[] request) throws IOException {
      try (Socket socket = connect()) {
        send(socket, request);
        socket.shutdownOutput();
        String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        assertTrue(!answer.startsWith("HTTP/1.1 5") || answer.startsWith("HTTP/1.1 501 ")
            || answer.startsWith("HTTP/1.1 505 "), answer);
      } catch (SocketException reset) {
        return 1; // what it sent after the server had closed was refused
      }
      return 1;
    }

    private int answered(byte[] request) throws IOException {
      try (Socket socket = connect()) {
        send(socket, request);
        assertIsError(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
      }
      return 1;
    }

    private int answeredOnOneConnection(int count) throws IOException {
      try (Socket socket = connect()) {
        InputStream in = socket.getInputStream();
        for (int i = 0; i < count; i++) {
          send(socket, senseless());
          assertIsError(answer(in));
        }
      }
      return count;
    }

    private static void assertIsError(String answer) {
      assertTrue(answer.matches("(?s)HTTP/1.1 (4\\d\\d|501|505) .*\r\n\r\n\\{\"msg\":\".+\"}"), answer);
    }

    private static String answer(InputStream in) throws IOException {
      ByteArrayOutputStream head = new ByteArrayOutputStream();
      int newlines = 0;
      for (int next = in.read(); newlines < 2; next = newlines < 2 ? in.read() : next) {
        assertTrue(next >= 0, head::toString);
        head.write(next);
        newlines = next == '\n' ? newlines + 1 : next == '\r' ? newlines : 0;
      }
      String text = head.toString(StandardCharsets.UTF_8);
      int begin = text.indexOf("content-length: ") + "content-length: ".length();
      int length = Integer.parseInt(text.substring(begin, text.indexOf('\r', begin)));
      return text + new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }

    /** A good request with some bytes changed, cut out or put in, or with its end missing. */
    private byte[] mutated() {
      StringBuilder request = new StringBuilder(GOOD);
      for (int i = random.nextInt(6); i >= 0 && request.length() > 1; i--) {
        int at = random.nextInt(request.length());
        switch (random.nextInt(4)) {
          case 0 -> request.setCharAt(at, (char) random.nextInt(256));
          case 1 -> request.deleteCharAt(at);
          case 2 -> request.insert(at, (char) random.nextInt(256));
          default -> request.setLength(Math.max(1, at));
        }
      }
      return request.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /** No HTTP/1.1, or more than is allowed: the server must say so and close. */
    private byte[] unreadable() {
      String text = switch (random.nextInt(12)) {
        case 0 -> rubbish(1 + random.nextInt(60)) + "\r\n\r\n";
        case 1 -> "GET /" + "x".repeat(5_000 + random.nextInt(3_000)) + " HTTP/1.1\r\n\r\n";
        case 2 -> "GET / HTTP/1.1\r\nHost: x\r\nA: " + "x".repeat(17_000 + random.nextInt(3_000)) + "\r\n\r\n";
        case 3 -> "GET / HTTP/1.1\r\nHost: x\r\n" + rubbish(1 + random.nextInt(20)) + "\r\n\r\n";
        case 4 -> "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + (65_537L + random.nextInt(1 << 30)) + "\r\n\r\n";
        case 5 -> "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + rubbish(3) + "\r\n\r\n";
        case 6 -> "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n";
        case 7 -> "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + rubbish(4) + "\r\n";
        case 8 -> "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: x" + random.nextInt(10) + "\r\n\r\n";
        case 9 -> "GET / HTTP/" + (2 + random.nextInt(8)) + "." + random.nextInt(10) + "\r\nHost: x\r\n\r\n";
        case 10 -> "GET / HTTP/1.1\r\n\r\n";
        default -> "GET /?a=%" + rubbish(2) + " HTTP/1.1\r\nHost: x\r\n\r\n";
      };
      return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Characters that neither begin a request nor a number, nor end a line. */
    private String rubbish(int length) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < length; i++) {
        text.append("!\"#$%&'()*+,/;<=>?@[\\]^_`{|}~\u0001\u00e4\u00ff".charAt(random.nextInt(32)));
      }
      return text.toString();
    }

    /** Well-formed, about nothing that there is: the connection goes on. */
    private byte[] senseless() {
      String request = switch (random.nextInt(8)) {
        case 0 -> head("GET", "/" + letters(), "");
        case 1 -> head("X" + letters().toUpperCase(Locale.ROOT), "/v1/status", "");
        case 2 -> head("GET", "/v1/tenant/" + letters(), "");
        case 3 -> head("GET", "/v1/tenant/" + ID + "/timeline/" + letters(), "");
        case 4 -> head("POST", "/v1/tenant", "{\"" + letters() + "\":" + random.nextInt() + "}");
        case 5 -> head("POST", "/v1/tenant", "[".repeat(1 + random.nextInt(2_000)));
        case 6 -> head("PUT", "/v1/tenant/config", letters());
        default -> head("GET", "/v1/tasks?format=" + letters(), "");
      };
      return request.getBytes(StandardCharsets.US_ASCII);
    }

    private static String head(String method, String path, String body) {
      return method + " " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private String letters() {
      return random.ints(1 + random.nextInt(20), 'a', 'z' + 1)
          .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
          .toString();
    }
  }
}
