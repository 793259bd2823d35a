// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A client that sends whatever a test likes. */
final class RawClient implements AutoCloseable {
  /** Only turns a hang into a failure. */
  private static final int READ_LIMIT_MILLIS = 120_000;

  private final Socket socket = new Socket();

  RawClient(InetSocketAddress server) throws IOException {
    socket.connect(server);
    socket.setSoTimeout(READ_LIMIT_MILLIS);
  }

  RawClient send(String text) throws IOException {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  RawClient send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    return this;
  }

  /** Ends the sending half, as a client that hangs up does. */
  void end() throws IOException {
    socket.shutdownOutput();
  }

  /** Reads one answer, with its body. */
  String answer() throws IOException {
    String head = readHead();
    int length = head.lines()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
        .map(line -> Integer.parseInt(line.substring("content-length:".length()).strip()))
        .findFirst().orElse(0);
    return head + new String(socket.getInputStream().readNBytes(length), StandardCharsets.UTF_8);
  }

  private String readHead() throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    InputStream in = socket.getInputStream();
    while (!head.toString(StandardCharsets.UTF_8).endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("the server has ended after \"" + head.toString(StandardCharsets.UTF_8) + "\"");
      }
      head.write(next);
    }
    return head.toString(StandardCharsets.UTF_8);
  }

  /** Reads until the server ends the connection. */
  String rest() throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  /** Ends the connection with a reset, so that what the server still sends is refused. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
