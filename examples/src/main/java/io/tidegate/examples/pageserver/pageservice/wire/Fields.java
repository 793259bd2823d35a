// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.pageservice.wire;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Takes the body of one message apart, field by field; numbers are big-endian. Confined to one thread. */
final class Fields {
  private final String message;
  private final ByteBuffer body;

  /**
   * Begins with the first field.
   *
   * @param message what the body is of, for complaints
   * @param body all of it
   */
  Fields(String message, ByteBuffer body) {
    this.message = message;
    this.body = body;
  }

  byte int8() throws ProtocolViolationException {
    try {
      return body.get();
    } catch (BufferUnderflowException ended) {
      throw tooShort();
    }
  }

  short int16() throws ProtocolViolationException {
    try {
      return body.getShort();
    } catch (BufferUnderflowException ended) {
      throw tooShort();
    }
  }

  int int32() throws ProtocolViolationException {
    try {
      return body.getInt();
    } catch (BufferUnderflowException ended) {
      throw tooShort();
    }
  }

  long int64() throws ProtocolViolationException {
    try {
      return body.getLong();
    } catch (BufferUnderflowException ended) {
      throw tooShort();
    }
  }

  /** {@return the next text, which a zero byte ends} */
  String text() throws ProtocolViolationException {
    int end = body.position();
    while (end < body.limit() && body.get(end) != 0) {
      end++;
    }
    if (end == body.limit()) {
      throw new ProtocolViolationException(message + " has a text without an end");
    }
    String text = decoded(body.slice(body.position(), end - body.position()));
    body.position(end + 1);
    return text;
  }

  private String decoded(ByteBuffer bytes) throws ProtocolViolationException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException malformed) {
      throw new ProtocolViolationException(message + " has a text that is not UTF-8");
    }
  }

  void skip(int bytes) throws ProtocolViolationException {
    if (bytes < 0 || bytes > body.remaining()) {
      throw tooShort();
    }
    body.position(body.position() + bytes);
  }

  boolean isAtEnd() {
    return !body.hasRemaining();
  }

  /** Complains of what is left. */
  void end() throws ProtocolViolationException {
    if (body.hasRemaining()) {
      throw new ProtocolViolationException(message + " has " + body.remaining() + " bytes too many");
    }
  }

  private ProtocolViolationException tooShort() {
    return new ProtocolViolationException(message + " is too short");
  }
}
