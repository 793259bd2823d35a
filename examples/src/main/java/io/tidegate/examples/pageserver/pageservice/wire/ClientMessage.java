// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice.wire;

import java.nio.ByteBuffer;

/** A message of a client in a session. */
public sealed interface ClientMessage {
  /**
   * Run a command, and be ready for the next.
   *
   * @param command its text
   */
  record Query(String command) implements ClientMessage {}

  /**
   * Keep a command under a name.
   *
   * @param statement the name, empty for the one without
   * @param command the command's text
   */
  record Parse(String statement, String command) implements ClientMessage {}

  /**
   * Make a statement ready to run, without parameters, with results as text.
   *
   * @param portal the name of what is ready, empty for the one without
   * @param statement the statement's name
   */
  record Bind(String portal, String statement) implements ClientMessage {}

  /**
   * Tell what the result will look like.
   *
   * @param target what of
   */
  record Describe(Target target) implements ClientMessage {}

  /**
   * Run a portal.
   *
   * @param portal its name
   */
  record Execute(String portal) implements ClientMessage {}

  /**
   * Forget a name.
   *
   * @param target which
   */
  record Forget(Target target) implements ClientMessage {}

  /** The end of a group of messages: be ready for the next, whatever failed. */
  record Sync() implements ClientMessage {}

  /** Send what is there. */
  record Flush() implements ClientMessage {}

  /**
   * A piece of a copy stream.
   *
   * @param bytes the piece
   */
  record CopyData(ByteBuffer bytes) implements ClientMessage {}

  /** The end of a copy stream. */
  record CopyDone() implements ClientMessage {}

  /**
   * The end of a copy stream that the client gave up.
   *
   * @param why its words
   */
  record CopyFail(String why) implements ClientMessage {}

  /** The end of the session, in words or by a closed socket. */
  record Terminate() implements ClientMessage {}

  /**
   * A name of the client's.
   *
   * @param isPortal whether it is a portal's, else a statement's
   * @param name the name
   */
  record Target(boolean isPortal, String name) {}

  /**
   * {@return the message of a type with a body}
   *
   * @param type the type byte
   * @param body what follows the length; copy data keeps a copy
   * @throws ProtocolViolationException if there is no such message
   */
  static ClientMessage parse(char type, ByteBuffer body) throws ProtocolViolationException {
    Fields fields = new Fields("message " + name(type), body);
    ClientMessage message = switch (type) {
      case 'Q' -> new Query(fields.text());
      case 'P' -> statement(fields);
      case 'B' -> bind(fields);
      case 'D' -> new Describe(target(fields));
      case 'E' -> execute(fields);
      case 'C' -> new Forget(target(fields));
      case 'S' -> new Sync();
      case 'H' -> new Flush();
      case 'd' -> copyData(fields, body);
      case 'c' -> new CopyDone();
      case 'f' -> new CopyFail(fields.text());
      case 'X' -> new Terminate();
      default -> throw new ProtocolViolationException("there is no message " + name(type));
    };
    fields.end();
    return message;
  }

  /** {@return a type byte in words} */
  static String name(char type) {
    return type > ' ' && type < 127 ? "'" + type + "'" : String.format("0x%02X", (int) type);
  }

  private static Parse statement(Fields fields) throws ProtocolViolationException {
    Parse parse = new Parse(fields.text(), fields.text());
    int types = Short.toUnsignedInt(fields.int16());
    fields.skip(types * Integer.BYTES);
    return parse;
  }

  private static Bind bind(Fields fields) throws ProtocolViolationException {
    Bind bind = new Bind(fields.text(), fields.text());
    formats(fields);
    int parameters = Short.toUnsignedInt(fields.int16());
    if (parameters != 0) {
      throw new ProtocolViolationException("commands have no parameters here, but " + parameters + " are given");
    }
    formats(fields);
    return bind;
  }

  private static void formats(Fields fields) throws ProtocolViolationException {
    int count = Short.toUnsignedInt(fields.int16());
    for (int i = 0; i < count; i++) {
      if (fields.int16() != 0) {
        throw new ProtocolViolationException("the server knows the text format only");
      }
    }
  }

  private static Target target(Fields fields) throws ProtocolViolationException {
    char type = (char) (fields.int8() & 0xFF);
    if (type != 'S' && type != 'P') {
      throw new ProtocolViolationException("neither a statement nor a portal: " + name(type));
    }
    return new Target(type == 'P', fields.text());
  }

  private static Execute execute(Fields fields) throws ProtocolViolationException {
    Execute execute = new Execute(fields.text());
    fields.int32(); // how many rows at most: the server sends all, which are few
    return execute;
  }

  private static CopyData copyData(Fields fields, ByteBuffer body) throws ProtocolViolationException {
    byte[] bytes = new byte[body.remaining()];
    body.get(body.position(), bytes);
    fields.skip(bytes.length);
    return new CopyData(ByteBuffer.wrap(bytes));
  }
}
