// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** A client that can send any bytes. Confined to one thread, but for close. */
final class RawClient implements AutoCloseable {
  /** Only turns a hang into a failure. */
  private static final int LIMIT_MILLIS = 120_000;

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;

  /** What the server sent: a type and a body. */
  static final class Answer {
    private final char type;
    private final byte[] body;

    private Answer(char type, byte[] body) {
      this.type = type;
      this.body = body;
    }

    char type() {
      return type;
    }

    byte[] body() {
      return body;
    }

    /** {@return the texts in it, whatever else is in it} */
    String text() {
      return new String(body, StandardCharsets.UTF_8).replace('\0', ' ').strip();
    }

    /** {@return a field of an error} */
    String field(char field) {
      return new String(body, StandardCharsets.UTF_8).transform(Pattern.compile("\0")::splitAsStream)
          .filter(each -> each.indexOf(field) == 0).findFirst().orElseThrow(() -> new AssertionError(text()))
          .substring(1);
    }

    /** {@return the column values of a row} */
    List<String> values() {
      ByteBuffer row = ByteBuffer.wrap(body);
      List<String> values = new ArrayList<>();
      int count = row.getShort();
      for (int i = 0; i < count; i++) {
        byte[] value = new byte[row.getInt()];
        row.get(value);
        values.add(new String(value, StandardCharsets.UTF_8));
      }
      return values;
    }
  }

  private RawClient(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new DataInputStream(socket.getInputStream());
    this.out = socket.getOutputStream();
  }

  /** Connects and says nothing. */
  static RawClient connect(InetSocketAddress address) throws IOException {
    Socket socket = new Socket();
    socket.setSoTimeout(LIMIT_MILLIS);
    socket.setTcpNoDelay(true);
    socket.connect(address);
    return new RawClient(socket);
  }

  /** Connects with small buffers, so that a server's writes block soon. */
  static RawClient connectNarrow(InetSocketAddress address) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4096);
    socket.setSoTimeout(LIMIT_MILLIS);
    socket.connect(address);
    return new RawClient(socket);
  }

  /** Connects and begins a session. */
  static RawClient start(InetSocketAddress address) throws IOException {
    RawClient client = connect(address);
    client.begin();
    return client;
  }

  /** Begins a session and reads all of the greeting. */
  List<Answer> begin() throws IOException {
    send(startup(3 << 16, "user", "me", ""));
    return untilReady();
  }

  /** {@return a startup packet} */
  static byte[] startup(int version, String... texts) {
    byte[] parameters = texts(texts);
    return ByteBuffer.allocate(8 + parameters.length)
        .putInt(8 + parameters.length).putInt(version).put(parameters).array();
  }

  /** {@return texts, each with a zero byte at its end} */
  static byte[] texts(String... texts) {
    return String.join("", List.of(texts).stream().map(each -> each + "\0").toList()).getBytes(StandardCharsets.UTF_8);
  }

  /** {@return a message} */
  static byte[] message(char type, byte[] body) {
    return ByteBuffer.allocate(5 + body.length).put((byte) type).putInt(4 + body.length).put(body).array();
  }

  static byte[] query(String command) {
    return message('Q', texts(command));
  }

  void send(byte[]... parts) throws IOException {
    for (byte[] part : parts) {
      out.write(part);
    }
    out.flush();
  }

  /** {@return the next message} */
  Answer read() throws IOException {
    char type = (char) in.readByte();
    byte[] body = new byte[in.readInt() - 4];
    in.readFully(body);
    return new Answer(type, body);
  }

  /** {@return the next message, which has to be of a type} */
  Answer read(char type) throws IOException {
    Answer answer = read();
    assertEquals(type, answer.type(), answer::text);
    return answer;
  }

  int readByte() throws IOException {
    return in.readByte();
  }

  /** {@return all up to and with the next message that tells that the server is ready} */
  List<Answer> untilReady() throws IOException {
    List<Answer> answers = new ArrayList<>();
    do {
      answers.add(read());
    } while (answers.getLast().type() != 'Z');
    return answers;
  }

  /** Sends a query and reads its answer, as the types of its messages. */
  String typesOf(String command) throws IOException {
    send(query(command));
    return types(untilReady());
  }

  static String types(List<Answer> answers) {
    return String.join("", answers.stream().map(each -> String.valueOf(each.type())).toList());
  }

  /** Reads the last words of the server, and that it closes then. */
  Answer readEnd(String state) throws IOException {
    Answer answer = read();
    while (answer.type() != 'E') {
      answer = read();
    }
    assertEquals("FATAL", answer.field('S'));
    assertEquals(state, answer.field('C'), answer::text);
    assertEquals(-1, in.read());
    return answer;
  }

  /** Reads until the server has closed, whichever way. */
  void readToEnd() throws IOException {
    try {
      while (in.read() >= 0) {
        // what it says does not matter
      }
    } catch (EOFException | java.net.SocketException closed) {
      assertNotEquals("", closed.toString());
    }
  }

  /** Closes the client's own half: it has nothing more to say, and listens. */
  void endOutput() throws IOException {
    socket.shutdownOutput();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
