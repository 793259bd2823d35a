// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice.wire;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes messages to a client. They are collected, and sent by {@link #flush} or when there are many.
 *
 * <p><b>Threads:</b> confined to the task of the connection. Every method may block for a client that does not read; closing
 * the socket ends that.
 */
public final class ServerOutput {
  /** How bad an error is. */
  public enum Severity {
    /** The command has failed; the session goes on. */
    ERROR,
    /** The session ends. */
    FATAL
  }

  private static final int ENOUGH = 16_384;
  private static final int TEXT_OID = 25;
  private static final int LONGEST_ERROR = 1_000;

  private final OutputStream out;
  private ByteBuffer bytes = ByteBuffer.allocate(1_024);
  /** Where the message that is being written begins. */
  private int start;

  /**
   * Begins to write.
   *
   * @param out where to
   */
  public ServerOutput(OutputStream out) {
    this.out = out;
  }

  /** Refuses encryption: the client may go on without. */
  public void noEncryption() throws IOException {
    put(1).put((byte) 'N');
    flush();
  }

  /** Lets the client in without a password. */
  public void authenticationOk() throws IOException {
    begin('R');
    put(4).putInt(0);
    end();
  }

  /**
   * Tells which protocol is spoken where the client would like a newer one.
   *
   * @param unknown the client's extensions of the protocol that the server does not know
   */
  public void negotiateProtocol(List<String> unknown) throws IOException {
    begin('v');
    put(8).putInt(0).putInt(unknown.size());
    unknown.forEach(this::text);
    end();
  }

  /** Tells a setting of the server's. */
  public void parameter(String name, String value) throws IOException {
    begin('S');
    text(name);
    text(value);
    end();
  }

  /** Tells what a cancel request has to know. */
  public void cancelKey(int process, int secret) throws IOException {
    begin('K');
    put(8).putInt(process).putInt(secret);
    end();
  }

  /** Tells that the next command may come, and sends everything. */
  public void ready() throws IOException {
    begin('Z');
    put(1).put((byte) 'I');
    end();
    flush();
  }

  /** Answers {@link ClientMessage.Parse}. */
  public void parsed() throws IOException {
    empty('1');
  }

  /** Answers {@link ClientMessage.Bind}. */
  public void bound() throws IOException {
    empty('2');
  }

  /** Answers {@link ClientMessage.Forget}. */
  public void forgotten() throws IOException {
    empty('3');
  }

  /** Tells that a statement takes no parameters. */
  public void noParameters() throws IOException {
    begin('t');
    put(2).putShort((short) 0);
    end();
  }

  /** Tells that a command gives no rows. */
  public void noRows() throws IOException {
    empty('n');
  }

  /**
   * Tells of the columns of the rows to come, which are all texts.
   *
   * @param columns their names
   */
  public void columns(List<String> columns) throws IOException {
    begin('T');
    put(2).putShort((short) columns.size());
    for (String column : columns) {
      text(column);
      put(18).putInt(0).putShort((short) 0).putInt(TEXT_OID).putShort((short) -1).putInt(-1).putShort((short) 0);
    }
    end();
  }

  /**
   * Sends a row.
   *
   * @param values one for each column
   */
  public void row(List<? extends @Nullable String> values) throws IOException {
    begin('D');
    put(2).putShort((short) values.size());
    for (String value : values) {
      if (value == null) {
        put(4).putInt(-1);
      } else {
        byte[] encoded = value.getBytes(StandardCharsets.UTF_8);
        put(4 + encoded.length).putInt(encoded.length).put(encoded);
      }
    }
    end();
  }

  /**
   * Tells that a command is done.
   *
   * @param tag which, and how many rows
   */
  public void complete(String tag) throws IOException {
    begin('C');
    text(tag);
    end();
  }

  /** Answers a command without words. */
  public void emptyQuery() throws IOException {
    empty('I');
  }

  /** Begins a stream of copy data in both directions, and tells the client at once. */
  public void copyBoth() throws IOException {
    begin('W');
    put(3).put((byte) 0).putShort((short) 0);
    end();
    flush();
  }

  /**
   * Sends a piece of the stream.
   *
   * @param piece its bytes
   */
  public void copyData(byte[] piece) throws IOException {
    begin('d');
    put(piece.length).put(piece);
    end();
  }

  /** Ends the server's half of the stream. */
  public void copyDone() throws IOException {
    empty('c');
  }

  /**
   * Tells that something failed.
   *
   * @param severity what becomes of the session
   * @param state the error's code
   * @param message what failed; characters that would break the line are replaced, and what is too long is cut
   */
  public void error(Severity severity, SqlState state, String message) throws IOException {
    begin('E');
    field('S', severity.name());
    field('V', severity.name());
    field('C', state.code());
    field('M', plain(message));
    put(1).put((byte) 0);
    end();
  }

  /** {@return a message as one line that can be sent} */
  static String plain(String message) {
    String line = message.replaceAll("[\\p{Cntrl}\uFFFE\uFFFF]", "?");
    return line.length() <= LONGEST_ERROR ? line : line.substring(0, LONGEST_ERROR) + "...";
  }

  /** Sends what was written. */
  public void flush() throws IOException {
    out.write(bytes.array(), 0, bytes.position());
    bytes.clear();
    out.flush();
  }

  private void field(char type, String value) {
    put(1).put((byte) type);
    text(value);
  }

  private void text(String value) {
    byte[] encoded = value.getBytes(StandardCharsets.UTF_8);
    put(encoded.length + 1).put(encoded).put((byte) 0);
  }

  private void empty(char type) throws IOException {
    begin(type);
    end();
  }

  private void begin(char type) {
    start = bytes.position();
    put(5).put((byte) type).putInt(0);
  }

  /** Completes the message with its length, which leaves out the type. */
  private void end() throws IOException {
    bytes.putInt(start + 1, bytes.position() - start - 1);
    if (bytes.position() >= ENOUGH) {
      flush();
    }
  }

  /** Makes room for so many bytes. */
  private ByteBuffer put(int more) {
    if (bytes.remaining() < more) {
      int size = Math.max(2 * bytes.capacity(), bytes.position() + more);
      bytes = ByteBuffer.allocate(size).put(bytes.flip());
    }
    return bytes;
  }
}
